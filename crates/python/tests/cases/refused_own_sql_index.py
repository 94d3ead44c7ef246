import sqlite3

import pandas as pd


def execute(shared_state):
    con = sqlite3.connect(":memory:")
    shared_state["orders"][["order_id"]].to_sql("o", con, index=False)
    made = con.execute("CREATE INDEX i ON o (order_id)")
    shared_state["out"] = pd.read_sql("SELECT order_id FROM o WHERE order_id > 110", con)
    shared_state["made"] = pd.DataFrame([{"made": str(made)}])
    return shared_state
