"""Order priority checking: orders of a quarter that have a line received too late, by priority."""
import datetime
from collections import Counter

import pandas as pd


def is_late(line):
    return line.l_commitdate < line.l_receiptdate


def execute(shared_state):
    start, end = datetime.date(1993, 7, 1), datetime.date(1993, 10, 1)
    late_orders = set()
    for line in shared_state["lineitem"].itertuples(index=False):
        if is_late(line):
            late_orders.add(line.l_orderkey)
    counts = Counter()
    for order in shared_state["orders"].itertuples(index=False):
        if start <= order.o_orderdate < end and order.o_orderkey in late_orders:
            counts[order.o_orderpriority] += 1
    shared_state["result"] = pd.DataFrame(
        [{"o_orderpriority": p, "order_count": counts[p]} for p in sorted(counts)],
        columns=["o_orderpriority", "order_count"])
    return shared_state
