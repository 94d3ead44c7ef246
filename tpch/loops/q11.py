"""Important stock: parts whose stock in one nation is a significant part of all its stock."""
import pandas as pd


def execute(shared_state):
    nation_key = None
    for nation in shared_state["nation"].to_dict("records"):
        if nation["n_name"] == "GERMANY":
            nation_key = nation["n_nationkey"]
    suppliers = [s["s_suppkey"] for s in shared_state["supplier"].to_dict("records")
                 if s["s_nationkey"] == nation_key]

    stock = {}
    total = 0.0
    for ps in shared_state["partsupp"].to_dict("records"):
        if ps["ps_suppkey"] in suppliers:
            value = ps["ps_supplycost"] * ps["ps_availqty"]
            total += value
            if ps["ps_partkey"] in stock:
                stock[ps["ps_partkey"]] += value
            else:
                stock[ps["ps_partkey"]] = value

    threshold = total * 0.0001
    important = []
    for part, value in stock.items():
        if value > threshold:
            important.append({"ps_partkey": part, "value": value})
    important = sorted(important, key=lambda r: r["value"], reverse=True)
    shared_state["result"] = pd.DataFrame(important, columns=["ps_partkey", "value"])
    return shared_state
