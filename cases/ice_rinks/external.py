import pandas as pd


def execute(state):
    skates = state["skates"]
    rows = []
    for _, rink in state["rinks"].iterrows():
        fitting = 0
        first = None
        largest = 0
        for _, pair in skates.iterrows():
            if pair["size"] < rink["smallest"] or pair["size"] > rink["largest"]:
                continue
            fitting += 1
            if first is None:
                first = pair["skater"]
            if pair["size"] > largest:
                largest = pair["size"]
        rows.append([rink["rink"], fitting, first, largest])
    state["result"] = pd.DataFrame(rows, columns=["rink", "fitting", "first", "largest"])
    return state
