import sqlite3

import pandas as pd


def execute(shared_state):
    con = sqlite3.connect(":memory:")
    shared_state["orders"][["order_id"]].to_sql("o", con, index=False)
    made = [con.execute("SELECT COUNT(*) FROM o WHERE order_id > ?", (k,)).fetchone() for k in shared_state["orders"]["order_id"]]
    shared_state["out"] = pd.read_sql("SELECT order_id FROM o WHERE order_id > 110", con)
    shared_state["made"] = pd.DataFrame([{"made": str(made)}])
    return shared_state
