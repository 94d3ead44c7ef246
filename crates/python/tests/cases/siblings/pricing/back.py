import pricing.loops
from .loops import FIRST

SECOND = FIRST * 2


def total():
    return pricing.loops.TOTAL
