import sqlite3
import pandas as pd

SQL_JOIN = """
    SELECT r.id, r.code, r.order_id, r.at, r.amount, c.kind, c.value, c.valid_from, c.valid_to,
           c.max_uses, c.campaign
      FROM red r
      LEFT OUTER JOIN (SELECT DISTINCT code, kind, value, valid_from, valid_to, max_uses, campaign
                         FROM coup GROUP BY code, kind, value, valid_from, valid_to, max_uses, campaign) c
        ON c.code = r.code
     WHERE r.day = ?
     ORDER BY r.at, r.id
"""

SQL_CAMPAIGN = """
    SELECT COALESCE(campaign, 'no campaign') AS campaign,
           COUNT(*) AS redemptions,
           SUM(CASE WHEN status = 'OK' THEN 1 ELSE 0 END) AS accepted,
           SUM(CASE WHEN status IN ('EXPIRED', 'EARLY') THEN 1 ELSE 0 END) AS out_of_time,
           SUM(CASE WHEN status = 'LIMIT' THEN 1 ELSE 0 END) AS over_limit,
           ROUND(SUM(CASE WHEN status = 'OK' THEN COALESCE(amount, 0) ELSE 0 END), 2) AS discount
      FROM res
     WHERE status <> 'UNKNOWN'
     GROUP BY COALESCE(campaign, 'no campaign')
     HAVING COUNT(*) > 0
     ORDER BY 6 DESC, 1
"""


def none(x):
    return None if pd.isnull(x) else x


def execute(shared_state):
    today = shared_state["__etlEffectiveDate"].isoformat()
    con = sqlite3.connect(":memory:")
    cur = con.cursor()
    cur.execute("CREATE TABLE coup (code TEXT, kind TEXT, value REAL, valid_from TEXT, valid_to TEXT, "
                "max_uses INTEGER, campaign TEXT)")
    cur.execute("CREATE TABLE red (id INTEGER, code TEXT, order_id INTEGER, at TEXT, amount REAL, day TEXT)")
    cur.execute("CREATE TABLE res (code TEXT, campaign TEXT, status TEXT, amount REAL)")

    for idx, c in shared_state["coupons"].iterrows():
        limit = 999999
        if not pd.isnull(c["max_uses"]):
            limit = int(c["max_uses"])
        cur.execute("INSERT INTO coup VALUES (?, ?, ?, ?, ?, ?, ?)",
                    (c["code"].strip().upper(), c["kind"], float(c["value"]), c["valid_from"].isoformat(),
                     c["valid_to"].isoformat(), limit, c["campaign"]))
    for idx, r in shared_state["redemptions"].iterrows():
        cur.execute("INSERT INTO red VALUES (?, ?, ?, ?, ?, ?)",
                    (int(r["redemption_id"]), r["code"].strip().upper(), int(r["order_id"]),
                     str(r["redeemed_at"]), none(r["amount"]), r["as_of"].isoformat()))
    con.commit()

    seen = set()
    uses = {}
    out = []
    cur.execute(SQL_JOIN, (today,))
    for row in cur.fetchall():
        key = row[2]
        if key in seen:
            # the shop sends some redemptions twice
            continue
        seen.add(key)
        if row[5] is None:
            status = "UNKNOWN"
        elif row[3][:10] < row[7]:
            status = "EARLY"
        elif row[3][:10] > row[8]:
            status = "EXPIRED"
        else:
            uses[row[1]] = uses.get(row[1], 0) + 1
            if uses[row[1]] > row[9]:
                status = "LIMIT"
            else:
                status = "OK"
        discount = row[4]
        if discount is None:
            if row[5] == "amount":
                discount = row[6]
            else:
                discount = 0.0
        out.append((row[0], row[1], row[2], row[3][11:19], status, uses.get(row[1], 0), discount, row[10] or ""))
        cur.execute("INSERT INTO res VALUES (?, ?, ?, ?)", (row[1], row[10], status, row[4]))
    con.commit()

    shared_state["coupon_redemptions_checked"] = pd.DataFrame(
        out, columns=["redemption_id", "code", "order_id", "redeemed_at", "status", "use_no", "discount", "campaign"])
    # coupons nobody used today
    shared_state["unused_coupons"] = pd.read_sql_query(SQL_CAMPAIGN, con)
    shared_state["coupon_list"] = pd.read_sql_query("SELECT code, campaign FROM coup ORDER BY code", con)
    con.close()
    return shared_state
