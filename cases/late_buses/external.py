import pandas as pd


def execute(shared_state):
    late, quiet, trips = {}, {}, {}
    for t in shared_state["trips"].to_dict("records"):
        line = t["line"]
        late[line] = late.get(line, False) or t["remark"] == "late"
        quiet[line] = quiet.get(line, True) and t["remark"] == "quiet"
        trips[line] = trips.get(line, 0) + 1
    rows = []
    for line in trips:
        rows.append({"line": line, "trips": trips[line], "late": late[line], "quiet": quiet[line]})
    shared_state["lines"] = pd.DataFrame(rows, columns=["line", "trips", "late", "quiet"])
    return shared_state
