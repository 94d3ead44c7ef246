import pandas as pd
import relift_lake

CHART = ["employee_id", "full_name", "team", "reports_to", "level", "chain", "direct_reports", "all_reports", "span",
         "days_this_month"]
PAIRS = ["pair_date", "new_hire_id", "new_hire", "team", "mentor_id", "mentor", "match"]


def open_db(today):
    con = relift_lake.connect()
    con.execute("create temp table e (id integer, name text, team text, boss integer, hired text, pay real)")
    rows = con.execute("select * from market.employees where as_of = ? or as_of = ''", (today.isoformat(),))
    names = [d[0] for d in rows.description]
    for row in rows.fetchall():
        r = dict(zip(names, row))
        if r["left_on"] is not None and r["left_on"] < today.isoformat():
            continue
        con.execute("insert into e values (?, ?, ?, ?, ?, ?)",
                    (r["employee_id"], r["full_name"], r["team"], r["manager_id"], r["hired_on"], r["monthly_salary"]))
    return con


def count_below(con, boss, depth):
    # recursion, max 20 levels (endless loop in may)
    if depth > 20:
        return 0
    n = 0
    for (sub,) in con.execute("select id from e where boss = ? order by id", (boss,)).fetchall():
        n = n + 1 + count_below(con, sub, depth + 1)
    return n


def execute(shared_state):
    today = shared_state["__etlEffectiveDate"]
    con = open_db(today)
    if con.execute("select count(*) from e").fetchone()[0] == 0:
        shared_state["chart"] = pd.DataFrame([], columns=CHART)
        shared_state["mentors"] = pd.DataFrame([], columns=PAIRS)
        return shared_state

    everybody = con.execute("select id, name, team, boss from e where 1 = 1 order by id").fetchall()
    boss_of = {}
    name_of = {}
    for id, name, team, boss in everybody:
        boss_of[id] = boss
        name_of[id] = name

    chart = []
    for id, name, team, boss in everybody:
        level = 1
        chain = name
        up = boss
        while up in boss_of and level < 15:
            chain = name_of[up] + " > " + chain
            level += 1
            up = boss_of[up]
        direct = con.execute("select count(*) from e a where a.boss = ? and a.id in (select id from e)", (id,)).fetchone()[0]
        total = count_below(con, id, 0)
        if direct == 0:
            span = "none"
        elif direct <= 4:
            span = "small"
        elif direct <= 9:
            span = "normal"
        else:
            span = "wide"
        # staff lists since the 1st, read from the lake
        days = con.execute("select count(*) from market.employees where employee_id = ? and as_of >= ?",
                           (id, today.replace(day=1).isoformat())).fetchone()[0]
        chart.append((id, name, team, name_of.get(boss, "-"), level, chain, direct, total, span, days))
    shared_state["chart"] = pd.DataFrame(chart, columns=CHART)

    # mentors
    sql = """
        select id, name, team, cast((julianday(?) - julianday(hired)) / 365 as integer) as years
        from e
        order by hired, id
    """
    newbies = []
    seniors = []
    for row in con.execute(sql, (today.isoformat(),)):
        if row[3] < 2:
            newbies.append(row)
        if row[3] >= 8:
            seniors.append(row)
    used = set()
    pairs = []
    for nb in newbies:
        found = None
        match = "team"
        for s in seniors:
            if s[0] in used or s[2] != nb[2]:
                continue
            found = s
            break
        if found is None:
            match = "other team"
            for s in seniors:
                if s[0] not in used:
                    found = s
                    break
        if found is None:
            pairs.append([today, nb[0], nb[1], nb[2], 0, "", "open"])
        else:
            used.add(found[0])
            pairs.append([today, nb[0], nb[1], nb[2], found[0], found[1], match])
    shared_state["mentors"] = pd.DataFrame(pairs, columns=PAIRS)

    # salary per team for the boss
    pay = con.execute("select team, sum(pay) from e group by team order by team").fetchall()
    shared_state["team_pay"] = pd.DataFrame(pay, columns=["team", "pay"])
    con.close()
    return shared_state
