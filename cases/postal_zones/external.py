import pandas as pd

ZONES = "AABBCCDDEE"


def zone(code):
    if not code:
        return "?"
    if not code.isdigit():
        return "X" if code[0].isalpha() else "?"
    return ZONES[int(code[0])]


def check(code):
    digits = code.ljust(5, "0")[:5]
    if not digits.isdigit():
        return -1
    total = int(digits[0]) * 3 + int(digits[1]) + int(digits[2]) * 3 + int(digits[3]) + int(digits[4]) * 3
    return (10 - total % 10) % 10


def execute(shared_state):
    rows = []
    for letter in shared_state["letters"].itertuples(index=False):
        z = zone(letter.code)
        price = 85 if letter.grams <= 20 else (100 if letter.grams <= 50 else 160)
        rows.append((letter.letter, z, check(letter.code), price + "ABCDEX?".index(z) * 10,
                     letter.code[-2:] or "--", letter.code[1:-1].center(5, "*")))
    shared_state["zones"] = pd.DataFrame(rows, columns=["letter", "zone", "check", "price", "end", "mid"])
    return shared_state
