import pandas as pd


def execute(shared):
    people = shared["players"].to_dict("records")
    pairs = []
    games = 0
    gaps = 0
    for white in people:
        for black in people:
            if white["club"] != black["club"] or white["player"] == black["player"]:
                continue
            gap = abs(white["rating"] - black["rating"])
            pairs.append({"white": white["player"], "black": black["player"], "gap": gap})
            games += 1
            gaps += gap
    pairs.append({"white": "games", "black": "all", "gap": games})
    pairs.append({"white": "gaps", "black": "all", "gap": gaps})
    shared["result"] = pd.DataFrame(pairs)
    return shared
