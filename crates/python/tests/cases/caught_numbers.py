"""Loyalty import: the partner's mails carry the numbers as text."""
import logging
from contextlib import suppress

import pandas as pd

log = logging.getLogger(__name__)
WEIGHTS = {"business": 3, "private": 2}


class BadRow(ValueError):
    """A row nobody can use."""

    def __init__(self, row, why):
        super().__init__(f"{why}: {row}")
        self.row = row


def number(text, default=None):
    try:
        return int(text)
    except (TypeError, ValueError):
        return default


def digits_of(mail):
    if mail is None:
        raise BadRow(mail, "no mail")
    if not mail:
        raise BadRow(mail, "empty mail")
    return mail[0:1]


def execute(shared_state):
    out, skipped = [], 0
    for r in shared_state["customers"].to_dict("records"):
        code = str(r["loyalty_points"]) if r["region"] else r["full_name"]
        try:
            points = float(code) / r["loyalty_points"]
        except ZeroDivisionError:
            points = 0.0
        except ValueError as error:
            log.warning("not a number: %s (%s)", code, error)
            points = -1.0
        else:
            points = points * 2
        finally:
            seen = True
        try:
            initial = digits_of(r["email"])
        except BadRow as bad:
            log.info("skipped %s", bad.row)
            skipped += 1
            initial = "?"
        try:
            weight = WEIGHTS[r["segment"]]
        except KeyError:
            weight = 1
        half = None
        with suppress(ValueError):
            half = int(code) // 2
        try:
            number(code) + 1
        except TypeError:
            continue
        out.append({
            "id": r["customer_id"], "points": points, "initial": initial, "weight": weight,
            "half": half, "n": number(code, 0), "seen": seen,
        })
    shared_state["imported"] = pd.DataFrame(out, columns=["id", "points", "initial", "weight", "half", "n", "seen"])
    return shared_state
