def ages(state):
    lamps = state["lamps"].copy()
    lamps["year"] = lamps["changed"].dt.year
    lamps["month"] = lamps["changed"].dt.strftime("%Y-%m")
    lamps["quarter"] = lamps["changed"].dt.quarter
    lamps["weekday"] = lamps["changed"].dt.weekday
    lamps["capped"] = lamps["hours"].clip(upper=8000)
    lamps["whole"] = lamps["hours"].astype(int)
    lamps["long"] = lamps["hours"].where(lamps["hours"] > 100)
    state["ages"] = lamps[["lamp", "year", "month", "quarter", "weekday", "capped", "whole", "long"]]
    return state
