import pandas as pd


def spread(amounts):
    return amounts.max() - amounts.min()


def summarise(state):
    invoices = state["invoices"]
    state["summary"] = invoices.groupby("patient", as_index=False).agg(
        invoices=("invoice", "count"),
        total=("amount", "sum"),
        mean=("amount", "mean"),
        middle=("amount", "median"),
        spread=("amount", spread),
        kinds=("kind", "nunique"),
        first=("kind", "first"),
    )
    return state
