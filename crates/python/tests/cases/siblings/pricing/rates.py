import decimal

DEFAULT = 1.0
_TABLE = {"USD": 0.9125, "GBP": 1.17}
# A name the External has as well, with another value.
LIMIT = 3


def rate_of(currency, default=DEFAULT):
    """Falls back on this module's own default."""
    return _TABLE.get(currency, default)


def below(count):
    return count < LIMIT
