"""Runs the cases of this folder in CPython with pandas and writes down what they make.

    python -P record.py

The tables are made here, too, so that both sides read the same rows. Needs pandas 2.3.
"""

import datetime
import importlib.util
import json
import pathlib
import random
import sys
from decimal import Decimal

import pandas as pd

HERE = pathlib.Path(__file__).parent
TODAY = datetime.date(2024, 10, 31)


def day(offset):
    return TODAY + datetime.timedelta(days=offset)


def tables():
    chance = random.Random(7)
    pick = chance.choice
    money = lambda top: str(Decimal(chance.randrange(top)) / 100)
    customers = [
        {
            "customer_id": pick(range(1, 13)),
            "full_name": pick(["Ann Lee", "Bo Çelik", "O'Hara", "Zoë", " Kim "]),
            "email": pick([None, "a@b.c", ""]),
            "region": pick(["north", "south", "", None]),
            "segment": pick(["business", "private", "guest"]),
            "signup_date": day(-chance.randrange(900)).isoformat(),
            "loyalty_points": pick([0, 10, 5000, 7000]),
        }
        for _ in range(16)
    ]
    orders = [
        {
            "order_id": number,
            "customer_id": pick(range(1, 16)),
            "channel": pick(["web", "shop", "phone"]),
            "status": pick(["open", "cancelled", "shipped", None]),
            "ordered_at": f"2024-10-{pick(range(10, 31))}T{pick(range(10, 24))}:15:00",
            "promised_on": day(pick(range(-5, 5))).isoformat(),
            "shipped_on": pick([None, day(pick(range(-5, 5))).isoformat()]),
            "currency": pick(["EUR", "USD", "GBP"]),
            "shipping_fee": money(2000),
        }
        for number in range(100, 130)
    ]
    lines = [
        {
            "order_id": pick(range(98, 130)),
            "line_no": number % 4 + 1,
            "product_id": pick(range(1, 9)),
            "quantity": pick(range(1, 6)),
            "unit_price": money(20000),
            "discount_rate": pick(["0", "0.1", "0.05", "0.1250"]),
            "tax_rate": pick(["0.19", "0.07"]),
        }
        for number in range(60)
    ]
    rates = [
        {"currency": "EUR", "rate": "1", "source": "ecb"},
        {"currency": "USD", "rate": "0.9125", "source": "ecb"},
        {"currency": "USD", "rate": "0.915", "source": "manual"},
    ]
    tickets = [
        {
            "ticket_id": number,
            # Integers that may be NULL by their type and are not today.
            "customer_id": pick(range(1, 16)),
            "topic": pick(["billing", "delivery", "app"]),
            "satisfaction": pick([None, 1, 2, 3, 4, 5]),
        }
        for number in range(500, 524)
    ]
    made = {
        "customers": customers,
        "orders": orders,
        "order_lines": lines,
        "exchange_rates": rates,
        "support_tickets": tickets,
    }
    for rows in made.values():
        for row in rows:
            row["as_of"] = TODAY.isoformat()
    return made


DATES = {"signup_date", "promised_on", "shipped_on", "as_of"}
FLOATS = {"shipping_fee", "unit_price", "discount_rate", "tax_rate", "rate"}


def frame(rows):
    columns = {}
    for name in rows[0]:
        values = [row[name] for row in rows]
        if name in DATES:
            values = [v and datetime.date.fromisoformat(v) for v in values]
            columns[name] = pd.Series(values, dtype=object)
        elif name in FLOATS:
            columns[name] = pd.Series([float(v) for v in values])
        elif name == "ordered_at":
            columns[name] = pd.to_datetime(pd.Series(values))
        elif any(isinstance(v, str) for v in values):
            columns[name] = pd.Series(values, dtype=object)
        else:
            columns[name] = pd.Series(values)
    return pd.DataFrame(columns)


def cell(value):
    if value is None or value is pd.NaT or (isinstance(value, float) and value != value):
        return "-"
    if isinstance(value, bool) or type(value).__name__ == "bool_":
        return f"bool {bool(value)}"
    if isinstance(value, Decimal):
        return f"decimal {value}"
    if isinstance(value, (datetime.datetime, pd.Timestamp)):
        return f"timestamp {value.isoformat()}"
    if isinstance(value, datetime.date):
        return f"date {value}"
    if isinstance(value, str):
        return f"text {value}"
    if "int" in type(value).__name__:
        return f"int {int(value)}"
    return f"float {float(value)!r}"


def main():
    # Where the legacy runtime finds modules of the portfolio: behind those that are loaded already.
    sys.dont_write_bytecode = True
    sys.path.insert(0, str(HERE / "siblings"))
    made = tables()
    (HERE / "tables.json").write_text(json.dumps(made, indent=0, ensure_ascii=False) + "\n")
    for path in sorted(HERE.glob("*.py")):
        if path.name == "record.py" or path.stem.startswith("refused_"):
            continue
        spec = importlib.util.spec_from_file_location(path.stem, path)
        module = importlib.util.module_from_spec(spec)
        spec.loader.exec_module(module)
        state = {name: frame(rows) for name, rows in made.items()}
        before = set(state)
        state["__etlEffectiveDate"] = TODAY
        try:
            state = module.execute(state)
        except Exception as error:
            path.with_suffix(".expected").write_text(f"raises {type(error).__name__}\n")
            continue
        text = ""
        for name in sorted(set(state) - before - {"__etlEffectiveDate"}):
            made_frame = state[name]
            text += f"{name}: {', '.join(made_frame.columns)}\n"
            for row in made_frame.astype(object).itertuples(index=False, name=None):
                text += "  " + " | ".join(cell(value) for value in row) + "\n"
        path.with_suffix(".expected").write_text(text)


main()
