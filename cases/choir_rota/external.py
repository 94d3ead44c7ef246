import sqlite3

import pandas as pd


def rota(state):
    con = sqlite3.connect(":memory:")
    cur = con.cursor()
    cur.execute("CREATE TABLE singers (name TEXT, voice TEXT, since TEXT)")
    cur.execute("CREATE TABLE seen (name TEXT, minutes INTEGER)")
    cur.executemany(
        "INSERT INTO singers (name, voice, since) VALUES (?, ?, ?)",
        [(s.singer, s.voice, s.joined.isoformat()) for s in state["singers"].itertuples(index=False)],
    )
    seen = []
    for r in state["attendance"].to_dict("records"):
        if r["minutes"] > 5:
            seen.append((r["singer"], r["minutes"]))
    cur.executemany("INSERT INTO seen VALUES (?, ?)", seen)
    con.commit()

    cur.execute(
        "SELECT s.voice, s.name, substr(s.since, 1, 4), COALESCE(SUM(v.minutes), 0) "
        "FROM singers s LEFT JOIN seen v ON v.name = s.name "
        "GROUP BY s.voice, s.name, s.since ORDER BY s.voice, s.name"
    )
    rows = []
    for voice, name, year, minutes in cur:
        rows.append({"voice": voice, "name": name, "year": int(year), "hours": minutes / 60})
    state["rota"] = pd.DataFrame(rows, columns=["voice", "name", "year", "hours"])
    return state
