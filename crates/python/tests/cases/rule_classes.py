from abc import ABC, abstractmethod
from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import Optional

import pandas as pd


class Kind(Enum):
    BUSINESS = "business"
    PRIVATE = "private"
    GUEST = "guest"


class Level(IntEnum):
    NONE = 0
    LOW = 1
    HIGH = 2


class Segment(str, Enum):
    GUEST = "guest"
    OTHER = "other"


class Rule(ABC):
    weight = 1

    def __init__(self, least):
        self.least = least

    @abstractmethod
    def applies(self, customer):
        raise NotImplementedError

    def score(self, customer):
        return self.weight * 10 if self.applies(customer) else 0


class PointsRule(Rule):
    def applies(self, customer):
        return customer.points >= self.least


class KindRule(Rule):
    weight = 3

    def __init__(self, least, kind):
        super().__init__(least)
        self.kind = kind

    def applies(self, customer):
        return customer.kind is self.kind and customer.points >= self.least

    def score(self, customer):
        return super().score(customer) + 1


@dataclass(order=True)
class Customer:
    number: int
    points: int
    kind: Kind = Kind.GUEST
    mail: Optional[str] = None
    notes: list = field(default_factory=list)
    bonus: int = field(default=0, repr=False)

    def __post_init__(self):
        self.bonus = self.points // 1000

    @classmethod
    def of(cls, row):
        return cls(row["customer_id"], row["loyalty_points"], Kind(row["segment"]), mail=row["email"])

    @property
    def level(self):
        if self.points > 5000:
            return Level.HIGH
        return Level.LOW if self.points else Level.NONE


RULES = [PointsRule(5000), KindRule(10, Kind.PRIVATE), KindRule(0, Kind.BUSINESS)]


def execute(state):
    rows = []
    for row in state["customers"].to_dict("records"):
        customer = Customer.of(row)
        total = 0
        for rule in RULES:
            total += rule.score(customer)
        level = customer.level
        rows.append({
            "id": customer.number, "score": total, "bonus": customer.bonus, "kind": customer.kind.name,
            "value": customer.kind.value, "level": level.value, "high": level == Level.HIGH, "some": bool(level),
            "guest": row["segment"] == Segment.GUEST, "mail": customer.mail or "none",
            "among": customer.kind in (Kind.PRIVATE, Kind.GUEST),
            "index": len(list(Kind)),
        })
    state["scores"] = pd.DataFrame(rows)
    return state
