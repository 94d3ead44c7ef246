import pandas as pd


def unfold(state):
    issues = state["issues"]
    top = issues.nlargest(2, "opened")
    long = top.melt(id_vars=["issue"], value_vars=["opened", "clicked"], var_name="measure", value_name="people")
    rest = issues[["issue", "clicked"]].rename(columns={"clicked": "people"})
    rest["measure"] = "all"
    state["long"] = pd.concat([long, rest[["issue", "measure", "people"]]], ignore_index=True)
    return state
