"""Weighs the sacks of each batch."""
import sqlite3

import pandas as pd

JOINED = """
    SELECT s.sack, s.kilos, b.grain
    FROM sacks s LEFT JOIN batches b ON b.batch = s.batch
    WHERE s.kilos > ?
    ORDER BY s.sack
"""


def execute(shared_state):
    con = sqlite3.connect(":memory:")
    try:
        shared_state["sacks"][["sack", "batch", "kilos"]].to_sql("sacks", con, index=False)
        shared_state["batches"][["batch", "grain"]].to_sql("batches", con, index=False)
        found = pd.read_sql_query(JOINED, con, params=(23.5,))
    finally:
        con.close()
    rows = []
    for row in found.to_dict("records"):
        rows.append({"sack": row["sack"], "grain": row["grain"] or "unknown", "heavy": row["kilos"] >= 25})
    shared_state["result"] = pd.DataFrame(rows, columns=["sack", "grain", "heavy"])
    return shared_state
