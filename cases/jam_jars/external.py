FRUITS = {"pl": "plum", "st": "strawberry"}


def clean(state):
    jars = state["jars"].copy()
    jars["label"] = jars["label"].str.strip().str.title().fillna("no label")
    jars["fruit_name"] = jars["fruit"].map(FRUITS)
    known = jars.dropna(subset=["fruit_name"])
    known = known[known["grams"].between(150, 400) | known["fruit"].isin(["pl"])]
    known["short"] = known["label"].str[:4]
    state["known"] = known[["jar", "label", "fruit_name", "grams", "short"]]
    return state
