import pandas as pd


def execute(shared_state):
    kinds = shared_state["kinds"]
    poisonous = dict(zip(kinds["kind"], kinds["poisonous"]))
    by_walk = {}
    months = {}
    warned = {}
    for find in shared_state["finds"].to_dict("records"):
        walk = (find["forest"], find["guide"])
        by_walk.setdefault(walk, set()).add(find["kind"])
        if find["grams"] >= 50:
            months.setdefault(walk, set()).add(find["found_on"].month)
        if poisonous.get(find["kind"], False):
            warned.setdefault(find["forest"], set()).add(find["kind"])

    lines = []
    for (forest, guide), found in by_walk.items():
        bad = warned.get(forest, set())
        lines.append({
            "forest": forest,
            "guide": guide,
            "kinds": len(found),
            "months": len(months.get((forest, guide), set())),
            "warning": "fly agaric" in bad,
            "poisonous": len(bad),
        })
    lines.sort(key=lambda line: (-line["kinds"], line["forest"], line["guide"]))
    shared_state["forests"] = pd.DataFrame(
        lines, columns=["forest", "guide", "kinds", "months", "warning", "poisonous"])
    return shared_state
