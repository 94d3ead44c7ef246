import pandas as pd


def parsed(text):
    return int(text) if text else int("7")


def positive(text):
    value = parsed(text)
    if value < 0:
        raise ValueError(value)
    return value


def execute(state):
    rows = []
    for c in state["customers"].itertuples(index=False):
        code = c.full_name if c.segment == "guest" else str(c.loyalty_points - 10)
        try:
            if c.region and positive(code) > 100:
                rows.append({"id": c.customer_id, "kind": "big"})
                continue
            for word in ("x", code):
                try:
                    rank = int(word)
                except ValueError:
                    rank = -1
            kind = "rank %d" % rank
            ratio = 1000 // (rank - 4990)
        except ValueError:
            kind, ratio = "text", 0
        except ZeroDivisionError:
            kind, ratio = "zero", rank
        rows.append({"id": c.customer_id, "kind": kind + f"/{ratio}"})
    state["kinds"] = pd.DataFrame(rows, columns=["id", "kind"])
    return state
