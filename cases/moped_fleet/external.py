def last_rides(state):
    mopeds = state["mopeds"][["moped", "plate"]].copy()
    rides = state["rides"]
    last = rides.groupby("moped").agg(km=("km", "last"), driver=("driver", "last"), rides=("ride", "count"))
    mopeds["km"] = mopeds["moped"].map(last["km"])
    mopeds["rides"] = mopeds["moped"].map(last["rides"])
    state["fleet"] = mopeds
    return state
