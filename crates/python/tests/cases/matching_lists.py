import pandas as pd


def execute(s):
    """Lists of matching rows, and what is asked of them."""
    lines = [r for _, r in s["order_lines"].iterrows()]
    out = []
    for o in s["orders"].itertuples():
        own = [l for l in lines if l["order_id"] == o.order_id]
        if not own:
            out.append({"id": o.order_id, "n": 0, "units": 0, "top": -1, "first": -1, "last": -1})
            continue
        out.append({"id": o.order_id, "n": len(own), "units": sum(int(l["quantity"]) for l in own),
                    "top": max(int(l["quantity"]) for l in own),
                    "first": int(own[0]["line_no"]), "last": int(own[-1]["line_no"])})
    s["out"] = pd.DataFrame(out)
    best = []
    for o in s["orders"].itertuples():
        own = [l for l in lines if l["order_id"] == o.order_id]
        top = max(own, key=lambda l: l["quantity"], default=None)
        if top is not None:
            best.append((o.order_id, top["line_no"], top["product_id"]))
    s["best"] = pd.DataFrame(best, columns=["id", "line", "product"])
    return s
