import pandas as pd


def execute(state):
    voices = {}
    for r in state["attendance"].to_dict("records"):
        voices.setdefault(r["voice"], []).append(r)
    rows = []
    for voice, singers in voices.items():
        on_time = [s for s in singers if not s["late"]]
        rows.append({
            "voice": voice,
            "singers": len(singers),
            "on_time": len(on_time),
            "minutes": sum(s["minutes"] for s in singers),
            "longest": max(s["minutes"] for s in singers),
            "first": singers[0]["singer"],
            "last": singers[-1]["singer"],
            "anyone_late": any(s["late"] for s in singers),
        })
    state["result"] = pd.DataFrame(rows)
    return state
