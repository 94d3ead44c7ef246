"""Address cleaning as the marketing team wrote it."""
import pandas as pd

LEGAL = (" GmbH", " AG")


def initials(name):
    words = name.split()
    if len(words) < 2:
        return words[0][0].upper() + "."
    return words[0][:1] + words[1][-1] + words[-1][0]


def execute(shared_state):
    records = []
    for c in shared_state["customers"].to_dict(orient="records"):
        name = " ".join(c["full_name"].split())
        code = f"{c['segment'][:3]}-{c['customer_id']:03d}-{c['region'] or 'x'}"
        seg, number, region = code.split("-")
        user, at, host = (c["email"] or "nobody").partition("@")
        try:
            last = name.split(" ", 1)[1]
        except IndexError:
            last = name
        records.append({
            "id": c["customer_id"],
            "first": name.split(" ")[0],
            "last": last.rstrip("aeiou"),
            "tail": code.rsplit("-", 1)[-1].capitalize(),
            "initials": initials(name),
            "num": int(number) * 2,
            "host": host.removesuffix(".c") if at else "-",
            "digits": number.isdigit() and not seg.isdigit(),
            "letters": region.isalpha(),
            "pad": name.ljust(8, ".") + "|" + user.center(9) + "|" + str(c["customer_id"]).zfill(4) + "|" + seg.rjust(5),
            "where": name.find("e") + code.count("-") + name.rfind("zz"),
            "clean": name.lstrip("AB").swapcase() + code.replace("-", "", 1) + name[::-1] + name[1:-1] + name[-3:-1],
            "has": "guest" in code.split("-") or "gue" in code.split("-"),
            "odd": name.endswith(LEGAL) or name.lower().startswith(("a", "z")),
            "flags": name.isupper() or "abc".islower() and not name.isspace(),
            "bar": "*" * (c["customer_id"] % 4) + "=",
            "same": name.casefold() == name.lower() if name.startswith("Ann") else False,
        })
    shared_state["clean"] = pd.DataFrame(records)
    return shared_state
