import pandas as pd


def execute(s):
    """The index moves by one or two."""
    rows = s["orders"].to_dict("records")
    out = []
    i = 0
    while i < len(rows):
        out.append({"id": rows[i]["order_id"]})
        if rows[i]["channel"] == "web":
            i += 1
        i += 1
    s["out"] = pd.DataFrame(out)
    return s
