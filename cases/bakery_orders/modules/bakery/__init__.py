from .words import tidy

CURRENCY = "CHF"
__all__ = ["tidy", "CURRENCY"]
