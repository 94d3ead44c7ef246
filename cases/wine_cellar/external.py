import pandas as pd
import relift_lake


def rack_names(cursor, day):
    cursor.execute("SELECT rack, room FROM cellar.racks WHERE as_of = ? ORDER BY rack", (str(day),))
    return {rack: room for rack, room in cursor.fetchall()}


def execute(shared_state):
    day = shared_state["__etlEffectiveDate"]
    con = relift_lake.connect()
    rooms = rack_names(con.cursor(), day)
    total = con.execute(f"SELECT COUNT(*) FROM cellar.bottles WHERE as_of = '{day}'").fetchone()[0]
    rows = []
    for wine, rack, bottles, price in con.execute(
        f"SELECT wine, rack, bottles, price FROM cellar.bottles WHERE as_of = '{day}' ORDER BY wine, rack"
    ):
        if bottles is None:
            continue
        value = round(bottles * price, 2) if price is not None else 0.0
        rows.append((wine, rooms.get(rack, "unknown"), bottles, value, total))
    shared_state["stock"] = pd.DataFrame(rows, columns=["wine", "room", "bottles", "value", "kinds"])
    return shared_state
