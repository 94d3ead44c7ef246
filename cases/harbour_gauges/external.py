import sqlite3

import pandas as pd

FLOOD_CM = 450

QUERY = """
    SELECT g.port, r.gauge, MAX(r.cm - g.zero_cm) AS highest, COUNT(*) AS readings
    FROM readings r
    JOIN gauges g ON g.gauge = r.gauge
    WHERE r.as_of = ? AND r.cm > ?
    GROUP BY g.port, r.gauge
    ORDER BY g.port, r.gauge
"""


def warning(cm):
    if cm >= FLOOD_CM:
        return "flood"
    return "high" if cm >= FLOOD_CM - 100 else ""


def levels(state):
    con = sqlite3.connect(":memory:")
    state["gauges"].to_sql("gauges", con, index=False)
    state["readings"].to_sql("readings", con, index=False, if_exists="replace")
    day = state["__etlEffectiveDate"]
    found = pd.read_sql_query(QUERY, con, params=(day.isoformat(), 0))
    con.close()
    out = []
    for _, row in found.iterrows():
        out.append({"port": row["port"], "gauge": row["gauge"], "highest": row["highest"], "warning": warning(row["highest"])})
    state["levels"] = pd.DataFrame(out, columns=["port", "gauge", "highest", "warning"])
    return state
