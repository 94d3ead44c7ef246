import pandas as pd


def execute(shared_state):
    newest = {}
    for r in shared_state["counts"].to_dict("records"):
        article = r["article"].strip()
        if article not in newest or r["counted_at"] >= newest[article]["counted_at"]:
            newest[article] = r
    rows = []
    for article, r in newest.items():
        rows.append({
            "article": article,
            "quantity": r["quantity"],
            "shelf": r["shelf"],
            "counted_at": r["counted_at"],
            "empty": "yes" if not r["quantity"] else "no",
        })
    shared_state["stock"] = pd.DataFrame(rows, columns=["article", "quantity", "shelf", "counted_at", "empty"])
    return shared_state
