import csv
import math

HEADER = ["carrier", "parcels", "delivered", "delivered_pct", "in_time_pct", "cents_per_parcel", "co2_kg", "co2_per_parcel", "class"]


# classes from the 2019 carrier contracts
def carrier_class(pct, cents):
    if pct is None or (isinstance(pct, float) and math.isnan(pct)):
        return "N"
    if pct >= 60 and cents < 560:
        return "A"
    if pct >= 55:
        return "B"
    return "C"


def text(v, digits=0):
    if v is None or (isinstance(v, float) and math.isnan(v)):
        return "n/a"
    if digits:
        return f"{v:.{digits}f}"
    return str(int(v))


def write_scorecard(shared_state):
    day = shared_state["__etlEffectiveDate"]
    scores = shared_state["scores"].to_dict("records")

    fh = open("carrier_scorecard.csv", "w", newline="", encoding="utf-8")
    w = csv.writer(fh, delimiter=";", lineterminator="\n")
    w.writerow(HEADER)
    for s in scores:
        w.writerow([
            s["carrier"],
            text(s["parcels"]),
            text(s["delivered"]),
            text(s["delivered_pct"]),
            text(s["in_time_pct"]),
            text(s["cents_per_parcel"]),
            text(s["co2_kg"]),
            text(s["co2_per_parcel"], 1),
            carrier_class(s["in_time_pct"], s["cents_per_parcel"]),
        ])
    # control record
    fh.write("TRL;%d;%s\n" % (len(shared_state["shipments"]), day.strftime("%Y%m%d")))
    fh.close()
    return shared_state
