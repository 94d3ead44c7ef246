import sqlite3

import pandas as pd



def as_frame(con, day):
    query = """
        SELECT o.order_id, o.channel, c.segment, o.shipping_fee * 2 AS twice
        FROM orders AS o
        LEFT JOIN (SELECT customer_id, MIN(segment) AS segment FROM people GROUP BY customer_id) c
            ON c.customer_id = o.customer_id
        WHERE o.promised_on >= ? AND o.shipping_fee > ?
        ORDER BY o.order_id
    """
    return pd.read_sql_query(query, con, params=[day, 5])


def execute(shared_state):
    day = shared_state["__etlEffectiveDate"]
    con = sqlite3.connect(":memory:")
    shared_state["orders"].drop(columns=["ordered_at"]).to_sql("orders", con, index=False)
    shared_state["customers"].to_sql(name="people", con=con, index=False)
    shared_state["joined"] = as_frame(con, day.isoformat())

    cur = con.cursor()
    cur.execute("CREATE TABLE late (order_id INTEGER, channel TEXT, fee REAL)")
    late = []
    for order in shared_state["orders"].to_dict("records"):
        if order["promised_on"] < day:
            late.append((order["order_id"], order["channel"], order["shipping_fee"]))
    cur.executemany("INSERT INTO late VALUES (?, ?, ?)", late)
    con.commit()

    total = con.execute("SELECT COUNT(*), MAX(order_id) FROM late").fetchone()
    rows = []
    for channel, count, first, fees in cur.execute(
        "SELECT channel, COUNT(*), MIN(order_id), SUM(fee) FROM late WHERE order_id > ? GROUP BY channel ORDER BY channel",
        (101,),
    ):
        rows.append({"channel": channel, "count": count, "first": first, "fees": fees, "of": total[0], "last": total[1]})
    shared_state["per_channel"] = pd.DataFrame(rows, columns=["channel", "count", "first", "fees", "of", "last"])

    known = {row[0]: row[1] for row in con.execute("SELECT segment, COUNT(*) FROM people GROUP BY segment").fetchall()}
    shared_state["segments"] = pd.DataFrame([{"segment": k, "people": v} for k, v in known.items()])
    on_day = con.execute(f"SELECT order_id, currency FROM orders WHERE promised_on = '{day}' ORDER BY order_id").fetchall()
    shared_state["today"] = pd.DataFrame(on_day, columns=["order_id", "currency"])
    con.close()
    return shared_state
