def visits(state):
    v = state["checkins"].sort_values(["minute", "checkin"]).reset_index(drop=True)
    v["number"] = v.groupby("member").cumcount() + 1
    v["before"] = v.groupby("member")["checkin"].shift(1)
    v["since"] = v.groupby("member")["minute"].diff()
    v["total"] = v["minute"].cumsum()
    v["place"] = v.groupby("member")["minute"].rank(method="min", ascending=False)
    state["visits"] = v[["checkin", "member", "number", "before", "since", "total", "place"]]
    return state
