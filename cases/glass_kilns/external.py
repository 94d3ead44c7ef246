import pandas as pd


def execute(state):
    firings = [f for f in state["firings"].itertuples(index=False)]
    rows = []
    for k in state["kilns"].itertuples(index=False):
        own = [f for f in firings if f.kiln == k.kiln]
        hottest = max(own, key=lambda f: f.degrees, default=None)
        failed = next((f.batch for f in own if not f.ok), -1)
        if hottest is None:
            rows.append((k.kiln, 0, 0, failed))
        else:
            rows.append((k.kiln, hottest.batch, hottest.degrees, failed))
    state["result"] = pd.DataFrame(rows, columns=["kiln", "batch", "degrees", "failed"])
    return state
