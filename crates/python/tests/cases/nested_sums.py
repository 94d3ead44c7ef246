import pandas as pd


def execute(s):
    """Counts, sums and flags of the rows that match the outer row."""
    out = []
    lines = s["order_lines"]
    for _, o in s["orders"].iterrows():
        units = 0
        parts = 0
        heavy = False
        largest = 0
        for _, l in lines.iterrows():
            if l["order_id"] == o["order_id"]:
                units += int(l["quantity"])
                parts += 1
                if l["quantity"] > 3:
                    heavy = True
                if int(l["quantity"]) > largest:
                    largest = int(l["quantity"])
        out.append({"id": o["order_id"], "units": units, "parts": parts,
                    "heavy": heavy, "largest": largest})
    s["out"] = pd.DataFrame(out)
    return s
