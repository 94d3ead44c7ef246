import pandas as pd


def band(nights, emergency):
    if emergency:
        if nights > 7:
            return "E2"
        return "E1"
    if nights == 0:
        return "DAY"
    if 1 <= nights <= 3:
        return "SHORT"
    return "LONG"


def execute(shared_state):
    today = shared_state["__etlEffectiveDate"]
    titles = {}
    for _, w in shared_state["wards"].iterrows():
        titles[w["ward"]] = w["title"]
    out = []
    for _, s in shared_state["stays"].iterrows():
        if s["admitted"] is None:
            continue
        if s["discharged"] is None:
            end = today
            state = "open"
        else:
            end = s["discharged"]
            state = "closed"
        nights = (end - s["admitted"]).days
        if nights < 0:
            continue
        out.append({
            "stay_id": s["stay_id"],
            "patient": s["patient"],
            "ward": titles.get(s["ward"], "ward " + s["ward"]),
            "nights": nights,
            "state": state,
            "band": band(nights, s["emergency"]),
        })
    shared_state["nights"] = pd.DataFrame(out, columns=["stay_id", "patient", "ward", "nights", "state", "band"])
    return shared_state
