"""Prices as the shop's people compute them."""

from .rates import DEFAULT, rate_of

SCALE = 2
__all__ = ["DEFAULT", "rate_of", "SCALE"]
