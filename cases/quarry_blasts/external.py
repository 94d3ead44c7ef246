def total(state):
    blasts = state["blasts"].copy()
    blasts["total"] = blasts.groupby("face")["tons"].cumsum()
    state["totals"] = blasts[["blast", "total"]]
    return state
