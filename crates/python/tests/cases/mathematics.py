import math

import pandas as pd

RATE = 0.035


def annuity(rate, years):
    return rate * (1 + rate) ** years / ((1 + rate) ** years - 1)


def execute(s):
    rows = []
    for _, line in enumerate(s["order_lines"].to_dict("records")):
        q, p = line["quantity"], line["unit_price"]
        try:
            ln = math.log(q - 1)
        except ValueError:
            ln = -math.inf
        rows.append({
            "order": line["order_id"],
            "ceil": math.ceil(p / 10), "floor": math.floor(-p / 7), "trunc": math.trunc(-p),
            "root": math.sqrt(p), "hyp": (q ** 2 + line["line_no"] ** 2) ** 0.5, "cube": q ** 3,
            "power": 1.07 ** q, "half": 2 ** -1, "ln": ln if ln > -100 else 0.0,
            "log": round(math.log10(p + 1), 6) + round(math.log(p + 1, 2), 6),
            "rate": round(annuity(RATE, q), 8), "e": math.exp(-q / 10),
            "close": math.isclose(p, round(p, 1)), "near": math.isclose(p, p + 0.001, abs_tol=0.01),
            "inf": math.isinf(p) or not math.isfinite(p), "whole": p.is_integer() or float(q).is_integer(),
            "tens": round(line["order_id"], -1), "div": divmod(line["order_id"], q)[1], "pow": pow(q, 2),
            "fabs": math.fabs(-q), "circle": math.pi * q,
        })
    s["numbers"] = pd.DataFrame(rows)
    return s
