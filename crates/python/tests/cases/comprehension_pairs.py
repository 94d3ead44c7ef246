import pandas as pd


def execute(s):
    """Several loops and conditions in one comprehension."""
    orders = s["orders"].to_dict("records")
    customers = s["customers"].to_dict("records")
    pairs = [(o["order_id"], c["full_name"])
             for o in orders if o["status"] == "open"
             for c in customers if c["customer_id"] == o["customer_id"]]
    s["pairs"] = pd.DataFrame(pairs, columns=["id", "name"])
    grid = [{"channel": ch, "currency": cu} for ch in ("web", "shop") for cu in ("EUR", "USD")]
    s["grid"] = pd.DataFrame(grid)
    return s
