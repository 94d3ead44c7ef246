from dataclasses import dataclass

import pandas as pd


class Channel(object):
    """Sums of one channel."""

    RATE = 0.5
    late_words = ("late", "very late")

    def __init__(self, name, start=0):
        self.name = name
        self.n = start
        self.fees = 0.0
        self.biggest = None

    def add(self, fee, order):
        self.n += 1
        self.fees += fee
        if self.biggest is None or fee > self.biggest:
            self.biggest = fee
        return self

    def half(self):
        return self.fees * self.RATE

    @property
    def label(self):
        return self.name.upper() + "!"

    @staticmethod
    def twice(x):
        return x * 2


class Person:
    def __init__(self, row):
        self.id = row["customer_id"]
        self.region = row["region"]
        if self.region is None:
            self.region = "nowhere"

    def tier(self, points):
        if points >= 5000:
            return "gold"
        return "plain"


@dataclass
class Line:
    order: int
    amount: float
    note: str = "-"


class Empty:
    pass


class Report:
    def __init__(self, state):
        self.state = state
        self.rows = []
        self.by_currency = {}

    def read(self):
        for _, o in self.state["orders"].iterrows():
            if o["currency"] not in self.by_currency:
                self.by_currency[o["currency"]] = Channel(o["currency"], 100)
            self.by_currency[o["currency"]].add(o["shipping_fee"], o["order_id"])

    def build(self):
        for currency, c in self.by_currency.items():
            self.rows.append([currency, c.n, c.biggest, c.label])
        return pd.DataFrame(self.rows, columns=["currency", "n", "biggest", "label"])


def execute(shared_state):
    channels = {}
    for o in shared_state["orders"].to_dict("records"):
        c = channels.get(o["channel"])
        if c is None:
            c = Channel(o["channel"])
            channels[o["channel"]] = c
        c.add(o["shipping_fee"], o["order_id"])
    shared_state["a_channels"] = pd.DataFrame(
        [{"name": c.name, "n": Channel.twice(c.n), "half": round(c.half(), 2), "label": c.label, "any": bool(c)}
         for c in channels.values()],
        columns=["name", "n", "half", "label", "any"])

    people = []
    for _, row in shared_state["customers"].iterrows():
        people.append((Person(row), row["loyalty_points"]))
    shared_state["b_people"] = pd.DataFrame(
        [(p.id, p.region, p.tier(points)) for p, points in people], columns=["id", "region", "tier"])

    lines = {}
    for r in shared_state["order_lines"].itertuples():
        line = Line(r.order_id, r.unit_price * r.quantity)
        if r.quantity > 3:
            line.note = "many"
        lines[r.order_id] = line
    shared_state["c_lines"] = pd.DataFrame(
        [(k, l.order, round(l.amount, 2), l.note) for k, l in lines.items()],
        columns=["key", "order", "amount", "note"])

    report = Report(shared_state)
    report.read()
    shared_state["d_report"] = report.build()

    thing = Empty()
    thing.size = 3
    thing.size += 1
    shared_state["e_thing"] = pd.DataFrame([{"size": thing.size, "yes": 1 if thing else 0}])
    return shared_state
