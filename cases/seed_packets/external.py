import logging

import pandas as pd

log = logging.getLogger(__name__)


class Unreadable(ValueError):
    pass


def grams(text):
    if text is None:
        raise Unreadable("nothing written")
    number, unit = text.strip().rsplit(" ", 1) if " " in text.strip() else (text, "g")
    if unit != "g":
        raise Unreadable(text)
    return float(number)


def execute(shared_state):
    rows, bad = [], 0
    for p in shared_state["packets"].to_dict("records"):
        try:
            weight = grams(p["weight"])
        except Unreadable as problem:
            log.warning("packet %s: %s", p["packet"], problem)
            weight, state = 0.0, "unreadable"
            bad += 1
        except ValueError:
            weight, state = -1.0, "odd"
            bad += 1
        else:
            state = "ok"
        try:
            per_gram = 100 / weight
        except ZeroDivisionError:
            per_gram = None
        rows.append({"packet": p["packet"], "label": p["label"].upper(), "weight": weight, "state": state,
                     "per_gram": "-" if per_gram is None else f"{per_gram:.3f}"})
    shared_state["weights"] = pd.DataFrame(rows, columns=["packet", "label", "weight", "state", "per_gram"])
    return shared_state
