def fullest(state):
    rooms = state["rooms"].copy()
    rooms["most"] = rooms.groupby("house")["guests"].transform("max")
    rooms["mean_rate"] = rooms.groupby("house")["rate"].transform("mean")
    rooms["behind"] = rooms["most"] - rooms["guests"]
    best = rooms[rooms["behind"] == 0]
    best = best.drop_duplicates(subset=["house"], keep="last")
    state["fullest"] = best[["house", "room", "guests", "mean_rate"]]
    return state
