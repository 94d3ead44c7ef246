import pandas as pd


def execute(state):
    tours = {}
    for v in state["visits"].itertuples(index=False):
        key = (v.hall, v.guide)
        if key not in tours:
            tours[key] = {"people": 0, "sizes": []}
        tours[key]["people"] += v.people
        if v.lang == "en":
            tours[key]["sizes"].append(v.people)
    rows = []
    for (hall, guide), tour in sorted(tours.items()):
        largest = max(tour["sizes"], default=0)
        rows.append({"hall": hall, "guide": guide, "people": tour["people"],
                     "english": len(tour["sizes"]), "largest": largest})
    state["result"] = pd.DataFrame(rows)
    return state
