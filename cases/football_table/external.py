from collections import defaultdict

import pandas as pd


def points(scored, conceded):
    return 3 if scored > conceded else (1 if scored == conceded else 0)


def execute(shared_state):
    pts = defaultdict(int)
    diff = defaultdict(int)
    played = defaultdict(int)
    for m in shared_state["matches"].to_dict("records"):
        h, a = m["home"], m["away"]
        hg, ag = m["home_goals"], m["away_goals"]
        pts[h] += points(hg, ag)
        pts[a] += points(ag, hg)
        diff[h] += hg - ag
        diff[a] += ag - hg
        played[h] += 1
        played[a] += 1
    clubs = sorted(pts, key=lambda c: (-pts[c], -diff[c], c))
    shared_state["table"] = pd.DataFrame(
        [{"club": c, "played": played[c], "points": pts[c], "difference": diff[c]} for c in clubs],
        columns=["club", "played", "points", "difference"],
    )
    return shared_state
