import pandas as pd


def behind(station, neighbours, seen):
    if station in seen:
        return seen
    seen = seen + [station]
    for other in neighbours.get(station, []):
        seen = behind(other, neighbours, seen)
    return seen


def execute(shared_state):
    neighbours = {}
    for link in shared_state["links"].itertuples(index=False):
        neighbours.setdefault(link.from_station, []).append(link.to_station)
    rows = []
    for fault in shared_state["faults"].itertuples(index=False):
        reached = behind(fault.station, neighbours, [])
        rows.append({"fault_no": fault.fault_no, "stations": len(reached), "path": ">".join(reached), "hours": fault.hours})
    shared_state["reach"] = pd.DataFrame(rows, columns=["fault_no", "stations", "path", "hours"])
    return shared_state
