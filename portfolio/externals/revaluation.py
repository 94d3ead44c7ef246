import datetime
import os

import pandas as pd


class Position:
    total = 0

    def __init__(self, currency):
        self.currency = currency
        self.count = 0
        self.local = 0.0
        self.euro = 0.0

    def add(self, balance, value):
        self.count += 1
        self.local += balance
        self.euro += value


class Revaluation:
    def __init__(self, state):
        self.state = state
        self.date = state["__etlEffectiveDate"]
        self.rates = {}
        self.rate_date = None
        self.rows = []
        self.positions = {}

    def load_rates(self):
        for index, row in self.state["rates"].iterrows():
            self.rates[row["currency"]] = row["rate"]
            self.rate_date = row["as_of"]

    def run(self):
        closing = {}
        for index, row in self.state["closing"].iterrows():
            closing[row["wallet_id"]] = row["closing_balance"]
        for index, row in self.state["wallets"].iterrows():
            if row["as_of"] != self.date:
                continue
            if row["status"] == "closed":
                continue
            balance = closing.get(row["wallet_id"], row["balance"])
            currency = row["currency"]
            value = balance * self.rates.get(currency, 1)
            if currency not in self.positions:
                self.positions[currency] = Position(currency)
            self.positions[currency].add(balance, value)
            self.rows.append({
                "wallet_id": row["wallet_id"],
                "currency": currency,
                "balance": balance,
                "rate": float(self.rates.get(currency, 0)),
                "value_eur": value,
                "rate_date": self.rate_date,
                "source": "F" if self.rate_date != self.date else "D",
            })

    def write_control_file(self):
        grand_total = 0.0
        os.makedirs("control", exist_ok=True)
        with open("control/fx_control.txt", "w", encoding="utf-8", newline="") as f:
            f.write(f"H|FX REVALUATION|{self.date:%d.%m.%Y}\r\n")
            for currency in self.positions:
                p = self.positions[currency]
                grand_total += p.euro
                f.write(f"P|{p.currency}|{p.count}|{p.local}|{p.euro}\r\n")
            f.write(f"T|{len(self.positions)}|{grand_total}|{datetime.datetime.now():%Y-%m-%d %H:%M:%S}\r\n")

    def biggest(self):
        return sorted(self.rows, key=lambda r: -abs(r["value_eur"]))[:10]


COLUMNS = ["wallet_id", "currency", "balance", "rate", "value_eur", "rate_date", "source"]


def revalue(shared_state):
    reval = Revaluation(shared_state)
    # no revaluation on weekends
    if reval.date.weekday() == 6:
        shared_state["revaluation"] = pd.DataFrame(columns=COLUMNS)
        return shared_state
    reval.load_rates()
    reval.run()
    reval.write_control_file()
    shared_state["top10"] = pd.DataFrame(reval.biggest(), columns=COLUMNS)
    shared_state["revaluation"] = pd.DataFrame(reval.rows, columns=COLUMNS)
    return shared_state
