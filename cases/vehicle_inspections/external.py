import pandas as pd


def tidy(plate):
    return plate.strip().upper().replace(" ", "").replace("-", "")


def execute(shared_state):
    lines = []
    for row in shared_state["checks"].to_dict("records"):
        plate = tidy(row["plate"])
        code = row["code"] or "N0000"
        group = code[:1]
        number = code[1:]
        if code.startswith("B"):
            topic = "brakes"
        elif code.startswith("L") and "9" in number:
            topic = "lights, severe"
        elif group in ("L", "E"):
            topic = "electrics"
        else:
            topic = "other"
        result = "ok" if row["passed"] and not topic == "brakes" else "again"
        lines.append({"plate": plate, "topic": topic, "number": number, "thousands": row["km"] // 1000,
                      "result": result, "text": plate + ":" + result + " (" + str(row["km"]) + " km)", "length": len(plate)})
    shared_state["lines"] = pd.DataFrame(lines)
    return shared_state
