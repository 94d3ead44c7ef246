from collections import Counter
import pandas as pd


def band(s):
    return "early" if s < -60 else "on time" if s <= 180 else "late"


def execute(shared_state):
    df = shared_state["stops"]
    records = df.to_dict("records")
    known = [r for r in records if r["line"] is not None]
    counts = Counter()
    for r in known:
        counts[(r["line"], band(r["delay_s"]))] += 1
    rows = [[line, b, n, f"{line}/{b}: {n}"] for (line, b), n in counts.items()]
    shared_state["bands"] = pd.DataFrame(rows, columns=["line", "band", "n", "text"])
    late = [{"line": r["line"], "stop": r["stop"].upper(), "minutes": r["delay_s"] // 60, "rest": r["delay_s"] % 60}
            for r in known if r["delay_s"] > 180 or r["delay_s"] < -60]
    shared_state["late"] = pd.DataFrame(late, columns=["line", "stop", "minutes", "rest"])
    return shared_state
