from decimal import ROUND_HALF_UP, ROUND_UP, Decimal, InvalidOperation

import pandas as pd

CENT = Decimal("0.01")
HUNDRED = Decimal(100)


def to_decimal(text):
    try:
        return Decimal(text)
    except InvalidOperation:
        return None


def share(part, whole):
    if not whole:
        return Decimal(0)
    return (Decimal(str(part)) / Decimal(str(whole)) * HUNDRED).quantize(CENT, rounding=ROUND_HALF_UP)


def execute(shared_state):
    rows = []
    for line in shared_state["order_lines"].to_dict("records"):
        price = Decimal(str(line["unit_price"]))
        per = price / line["quantity"]
        third = Decimal(line["line_no"]) / Decimal("3")
        odd = to_decimal(str(line["quantity"]) + ("" if line["line_no"] > 2 else " pieces"))
        rows.append({
            "id": line["order_id"],
            "share": share(line["quantity"], line["line_no"]),
            "per": per.quantize(CENT),
            "up": per.quantize(Decimal("1"), rounding=ROUND_UP),
            "as_float": float(per),
            "text": str(third) + " " + str(per * 3) + f" {third:.4f} {-third:+.2f} {third:,.1f}",
            "rounded": round(third, 3),
            "whole": int(third * 10) + round(per),
            "more": third > 1, "zero": per == 0, "some": bool(third),
            "odd": -1 if odd is None else int(odd),
            "exact": str(Decimal(line["tax_rate"]))[:12],
            "sum": (third + price - 1).quantize(Decimal("0.1")),
            "norm": str((price * 10).normalize()),
        })
    shared_state["ratios"] = pd.DataFrame(rows)
    return shared_state
