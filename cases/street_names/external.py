import pandas as pd

SHORT = {"Str.": "Street", "Av.": "Avenue", "St.": "Saint", "d.": "den"}


def house_of(line):
    name, blank, number = line.rpartition(" ")
    if not blank or not number[:1].isdigit():
        return line, ""
    return name, number


def execute(shared_state):
    rows = []
    for s in shared_state["streets"].to_dict("records"):
        line = " ".join((s["line"] or "unknown").split())
        for short, long in SHORT.items():
            line = line.replace(short, long)
        name, number = house_of(line)
        key = name.lower().replace("'", "").rjust(24, ".")[-24:]
        rows.append({
            "id": s["id"],
            "name": name.title() if name.islower() else name,
            "number": number.zfill(5),
            "plain": number.rstrip("abc"),
            "key": key,
            "first": name[0] + name[-1],
            "label": "%-8s|%3d|%s" % (s["district"].capitalize(), s["id"], number or "-"),
            "text": "{0}/{1:>4}/{2!r}".format(s["district"][:2], s["id"], name[:6]),
            "dots": line.count(".") + line.find("e"),
        })
    shared_state["gazetteer"] = pd.DataFrame(rows)
    return shared_state
