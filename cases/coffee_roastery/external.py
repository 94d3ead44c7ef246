from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal, InvalidOperation

import pandas as pd

CENT = Decimal("0.01")


def money(text):
    try:
        return Decimal(text)
    except InvalidOperation:
        return Decimal("0")


def execute(shared_state):
    result = []
    for roast in shared_state["roasts"].to_dict("records"):
        cost, price = money(roast["cost"]), money(roast["price"])
        margin = price - cost
        if not cost:
            percent = Decimal(0)
        else:
            percent = margin / cost * 100
        per_kilo = margin / roast["kilos"] if roast["kilos"] else Decimal(0)
        result.append({
            "lot": roast["lot"],
            "margin": str(margin),
            "percent": str(percent.quantize(Decimal("0.1"), rounding=ROUND_HALF_UP)),
            "per_kilo": str(per_kilo.quantize(CENT)),
            "down": str(per_kilo.quantize(CENT, rounding=ROUND_DOWN)),
            "good": percent > 20,
            "label": f"{percent:.2f}%",
            "as_float": float(per_kilo),
        })
    shared_state["margins"] = pd.DataFrame(result)
    return shared_state
