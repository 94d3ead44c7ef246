from typing import Dict, NamedTuple

import pandas as pd


class Entry(NamedTuple):
    transaction_id: int
    wallet_id: int
    kind: str
    amount: float
    value_date: object
    booked_on: object
    corrected: int


def apply_corrections(shared_state):
    """Puts each correction in the place of the transaction that it corrects."""
    ledger: Dict[int, Entry] = {}
    for tx in shared_state["wallet_tx"].itertuples(index=False):
        if tx.kind == "correction" and not pd.isna(tx.corrects_id):
            key = int(tx.corrects_id)
            kind = ledger[key].kind if key in ledger else "other"
            ledger[key] = Entry(key, tx.wallet_id, kind, tx.amount, tx.value_date, tx.as_of, 1)
        else:
            ledger[tx.transaction_id] = Entry(
                tx.transaction_id, tx.wallet_id, tx.kind, tx.amount, tx.value_date, tx.as_of, 0
            )

    shared_state["effective_tx"] = pd.DataFrame(list(ledger.values()), columns=list(Entry._fields))
    shared_state["kind_totals"] = (
        shared_state["effective_tx"].groupby("kind", sort=True)["amount"].sum().reset_index()
    )
    return shared_state
