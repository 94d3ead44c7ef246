import pandas as pd

from ops_calendar import is_closed, last_working_day


def delay(row, day):
    if row["delivered_on"] is None:
        return (day - row["due_on"]).days
    return (row["delivered_on"] - row["due_on"]).days


def run(shared_state):
    """
    Report for the weekend shift. Runs Saturday and Sunday only.
    """
    today = shared_state["__etlEffectiveDate"]
    if is_closed(today):
        return shared_state
    weekend = last_working_day(today)

    df = shared_state["deliveries"]
    # latest revision of each delivery
    df = df[df["as_of"] == weekend]
    df = df.drop_duplicates(subset=["delivery_id"], keep="last")
    sup = shared_state["suppliers"].drop(columns=["as_of"])

    out = ["supplier_id,supplier_name,country,deliveries,open,late,pieces,value,worst_delay,rating"]
    late_lines = []
    if not df.empty:
        df = df.copy()
        df["value"] = df.apply(lambda r: r["quantity"] * r["unit_cost"], axis=1)
        df["delay"] = df.apply(lambda r: delay(r, weekend), axis=1)
        df["late"] = df.apply(lambda r: 1 if r["delay"] > 0 else 0, axis=1)
        df["open"] = df.apply(lambda r: 1 if r["delivered_on"] is None else 0, axis=1)
        df = df.merge(sup, on="supplier_id", how="left")

        g = df.groupby("supplier_id", sort=True)
        for supplier_id, part in g:
            first = part.iloc[0]
            name = first["supplier_name"]
            if pd.isna(name):
                name = "UNKNOWN"
            land = first["country"]
            if pd.isna(land):
                land = ""
            n = len(part)
            late = int(part["late"].sum())
            worst = int(part["delay"].max())
            # rating, see supplier handbook p. 12
            if late == 0:
                rating = 1
            elif late / n <= 0.34 and worst <= 3:
                rating = 2
            elif worst <= 5:
                rating = 3
            else:
                rating = 4
            if "," in name:
                name = '"' + name + '"'
            out.append(f"{supplier_id},{name},{land},{n},{int(part['open'].sum())},{late},"
                       f"{int(part['quantity'].sum())},{part['value'].sum():.2f},{max(worst, 0)},{rating}")

        very_late = df[df["delay"] > 5]
        for i, r in very_late.iterrows():
            late_lines.append("delivery %s of product %s: %s days late" % (r["delivery_id"], r["product_id"], r["delay"]))

    out.append("END," + str(len(out) - 1) + "," + weekend.isoformat())
    with open("supplier_report.csv", "w", encoding="utf-8") as f:
        f.write("\n".join(out) + "\n")

    if today.weekday() < 5 and len(late_lines) > 0:
        with open("call_list.txt", "w", encoding="utf-8") as f:
            for line in late_lines:
                f.write(line + "\n")
    return shared_state
