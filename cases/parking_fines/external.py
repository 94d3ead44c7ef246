import logging

import pandas as pd

logging.basicConfig(level=logging.INFO)
logger = logging.getLogger("fines")
PER_HOUR = {"A": 4.0, "B": 2.5}


def execute(shared_state):
    logger.info("start")
    try:
        rows = []
        for fine in shared_state["fines"].itertuples(index=False):
            assert fine.minutes > 0, "no time"
            hours = -(-fine.minutes // 60)
            rate = PER_HOUR[fine.zone]
            rows.append({"plate": fine.plate.replace(" ", ""), "hours": hours, "due": hours * rate,
                         "per_minute": round(hours * rate / fine.minutes, 4)})
            logger.debug("row %s", fine)
        result = pd.DataFrame(rows, columns=["plate", "hours", "due", "per_minute"])
    except Exception:
        logger.exception("failed")
        raise
    finally:
        logger.info("end")
    shared_state["due"] = result
    return shared_state
