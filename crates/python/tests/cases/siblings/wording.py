def _upper(text):
    return text.upper()


STATES = {"open": _upper("waiting"), "cancelled": "gone"}
SHARED = []


def worded(status):
    if status is None:
        return "none"
    return STATES.get(status, _upper(status))


def remember(value):
    SHARED.append(value)
