import pandas as pd

STANDARD = 7


def tier(tariff, tons):
    if tariff is None:
        tariff = STANDARD
    if tons >= 1000:
        return "bulk"
    if tariff > STANDARD:
        return "dear"
    return "plain"


def execute(shared_state):
    tariffs = {}
    for p in shared_state["ports"].itertuples(index=False):
        tariffs[p.port] = p.tariff

    sums = {}
    for u in shared_state["unloadings"].itertuples(index=False):
        if u.tons <= 0:
            continue
        key = (u.port, u.grain)
        if key not in sums:
            sums[key] = {"tons": 0, "bad": 0, "barges": 0}
        entry = sums[key]
        entry["tons"] += u.tons
        entry["barges"] += 1
        if u.damaged:
            entry["bad"] += u.tons

    out = []
    for (port, grain), entry in sums.items():
        out.append({
            "port": port,
            "grain": grain,
            "tons": entry["tons"],
            "barges": entry["barges"],
            "bad_percent": round(100 * entry["bad"] / entry["tons"], 1),
            "tier": tier(tariffs.get(port), entry["tons"]),
        })
    out.sort(key=lambda r: (r["port"], -r["tons"]))
    shared_state["by_port"] = pd.DataFrame(out, columns=["port", "grain", "tons", "barges", "bad_percent", "tier"])
    return shared_state
