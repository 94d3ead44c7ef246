import math

import pandas as pd

K = 24


def expected(own, other):
    return 1 / (1 + 10 ** ((other - own) / 400))


def execute(shared_state):
    rows = []
    for g in shared_state["games"].itertuples():
        e = expected(g.white, g.black)
        change = K * (g.score - e)
        rows.append({
            "game": g.game,
            "expected": round(e, 4),
            "change": round(change),
            "bounded": max(-20, min(20, math.floor(change))),
            "up": math.ceil(change),
            "surprise": round(-math.log(e if g.score >= 0.5 else 1 - e), 6),
            "gap": math.sqrt(abs(g.white - g.black)),
            "even": math.isclose(e, 0.5, abs_tol=0.05),
        })
    shared_state["ratings"] = pd.DataFrame(rows)
    return shared_state
