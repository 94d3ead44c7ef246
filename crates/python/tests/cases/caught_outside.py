import logging

import pandas as pd

logger = logging.getLogger("billing")


def line_total(line):
    gross = line["quantity"] * line["unit_price"]
    try:
        share = line["quantity"] / (line["line_no"] - 2)
    except ZeroDivisionError:
        share = None
    return gross, share


def execute(shared_state):
    try:
        totals = []
        for line in shared_state["order_lines"].to_dict("records"):
            gross, share = line_total(line)
            if line["quantity"] < 0:
                raise ValueError("negative quantity")
            totals.append((line["order_id"], round(gross, 2), "-" if share is None else str(share)))
        frame = pd.DataFrame(totals, columns=["order", "gross", "share"])
    except Exception as exc:
        logger.exception("billing failed: %s", exc)
        raise
    finally:
        logger.info("done")
    shared_state["totals"] = frame
    return shared_state
