import zlib

import pandas as pd


def codes(state):
    owners = state["per_owner"]
    beds = state["beds"]
    beds.sort_values("dozens", ascending=False, inplace=True)
    names = [zlib.crc32((name or "").encode()) for name in owners["owner"]]
    state["owner_codes"] = pd.DataFrame({"owner": owners["owner"], "code": names, "share": owners["dozens"] / owners["beds"]})
    return state
