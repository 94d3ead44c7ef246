from collections import defaultdict

import pandas as pd


def execute(state):
    by_sailing = defaultdict(list)
    for f in state["freight"].itertuples():
        by_sailing[f.sailing].append((f.item, f.kg))
    lines = []
    for s in state["sailings"].itertuples():
        for item, kg in by_sailing.get(s.sailing, []):
            lines.append({"sailing": s.sailing, "port": s.port, "item": item, "kg": kg})
    state["result"] = pd.DataFrame(lines, columns=["sailing", "port", "item", "kg"])
    return state
