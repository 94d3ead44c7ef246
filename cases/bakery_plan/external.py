import pandas as pd


def execute(shared_state):
    changes = {}
    for c in shared_state["changes"].to_dict("records"):
        changes[(c["customer"], c["product"])] = 0 if c["cancelled"] else c["pieces"]

    wanted = {}
    for s in shared_state["standing"].to_dict("records"):
        pieces = changes.get((s["customer"], s["product"]), s["pieces"])
        if pieces:
            wanted[s["product"]] = wanted.get(s["product"], 0) + pieces

    labels = {p["product"]: p["label"] for p in shared_state["products"].to_dict("records")}
    grams = {p["product"]: p["grams"] for p in shared_state["products"].to_dict("records")}
    total = 0
    rows = []
    for product, pieces in wanted.items():
        dough = pieces * grams[product]
        total += dough
        rows.append({"product": product, "text": f"{labels[product]} x {pieces}", "dough_g": dough})
    for row in rows:
        row["share"] = f"{100 * row['dough_g'] / total:.1f} %"
    shared_state["plan"] = pd.DataFrame(rows, columns=["product", "text", "dough_g", "share"])
    return shared_state
