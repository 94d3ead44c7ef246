from typing import NamedTuple

import pandas as pd


class Entry(NamedTuple):
    order_id: int
    kind: str

    def shown(self):
        return self.kind + "/" + str(self.order_id)


def execute(shared_state):
    rows = []
    for o in shared_state["orders"].itertuples():
        rows.append([Entry(o.order_id, o.channel).shown()])
    shared_state["out"] = pd.DataFrame(rows, columns=["shown"])
    return shared_state
