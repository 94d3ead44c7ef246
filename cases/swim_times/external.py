import pandas as pd


def seconds(text):
    if text is None:
        return None
    try:
        minutes, rest = text.split(":")
    except ValueError:
        minutes, rest = "0", text
    try:
        return int(minutes) * 60 + float(rest)
    except ValueError:
        return None


def execute(shared_state):
    out = []
    for heat in shared_state["heats"].to_dict("records"):
        took = seconds(heat["time"])
        if took is None:
            out.append([heat["swimmer"], "-", 0.0, "none"])
            continue
        speed = heat["distance"] / took
        if (pace := took / heat["distance"] * 100) < 60:
            grade = "fast"
        elif 60 <= pace < 66:
            grade = "good"
        else:
            grade = "slow"
        out.append([heat["swimmer"], f"{int(took // 60)}:{took % 60:05.2f}", round(speed, 3), grade])
    shared_state["results"] = pd.DataFrame(out, columns=["swimmer", "time", "speed", "grade"])
    return shared_state
