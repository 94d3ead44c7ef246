TALLY = {}


def note(key, value):
    TALLY[key] = value
