import pandas as pd

FREE = 5000


def band(points):
    match points:
        case 0:
            return "none"
        case p if p < FREE:
            return "some"
        case 5000 | 7000:
            return "gold"
        case _:
            return "odd"


def execute(shared_state):
    rows = []
    for row in shared_state["customers"].itertuples(index=False):
        match (row.region, row.segment):
            case ("north", "business" | "private" as kind):
                group = "N-" + kind
            case ("south", kind) if kind != "guest":
                group = "S-" + kind
            case (None, _):
                group = "nowhere"
            case ("", *others):
                group = "blank " + others[0]
            case _:
                group = "rest"
        match row.email:
            case None:
                mail = "missing"
            case "":
                mail = "empty"
            case str(text):
                mail = text
        rows.append([row.customer_id, group, band(row.loyalty_points), mail])
    shared_state["bands"] = pd.DataFrame(rows, columns=["id", "grp", "band", "mail"])
    return shared_state
