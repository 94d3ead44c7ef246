import pandas as pd


def execute(shared_state):
    rows = []
    for t in shared_state["tickets"].to_dict("records"):
        try:
            value, problem = int(t["code"].split("-")[0]), ""
        except ValueError as error:
            value, problem = 0, str(error)
        rows.append({"ticket": t["ticket"], "value": value, "problem": problem})
    shared_state["codes"] = pd.DataFrame(rows)
    return shared_state
