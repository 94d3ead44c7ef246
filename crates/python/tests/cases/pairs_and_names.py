import pandas as pd


def execute(s):
    customers, orders = s["customers"], s["orders"]
    regions = dict(zip(customers["customer_id"], customers["region"]))
    fees = dict((o["order_id"], o["channel"]) for o in orders.to_dict("records"))
    words = dict([("web", "W"), ("shop", "S")])
    rows = []
    for o in orders.to_dict("records"):
        text = fees[o["order_id"]] + "/" + o["currency"]
        rows.append([o["order_id"], regions.get(o["customer_id"]), words.get(o["channel"], "-"),
                     text.find("o", 1), text.find("", 20), text.find("U", -3), text.find("p", 1 + text.find("p"))])
    out = pd.DataFrame(rows, columns=list("abcdefg"))
    out.columns = ["order_id", "region", "word", "o", "far", "u", "p"]
    s["out"] = out.drop(["far"], axis=1)
    s["less"] = out.drop("u", axis="columns").drop(columns=["p", "none"], errors="ignore")
    mask = customers["loyalty_points"] > 5
    points = customers.loc[mask, "loyalty_points"] * customers.loc[mask, "customer_id"]
    s["points"] = pd.DataFrame({"points": [points.sum()]})
    return s
