import pandas as pd


def execute(state):
    balance = 0
    seen = 0
    last_channel = None
    switches = 0
    out = []
    per_channel = {}
    for order in state["orders"].to_dict("records"):
        seen += 1
        points = order["order_id"] % 7 - 3
        balance += points
        if last_channel is not None and order["channel"] != last_channel:
            switches += 1
        channel = order["channel"]
        fees = per_channel.get(channel, 0.0)
        fees += order["shipping_fee"]
        per_channel[channel] = fees
        out.append(
            {
                "n": seen,
                "id": order["order_id"],
                "before": balance - points,
                "balance": balance,
                "previous": last_channel,
                "switches": switches,
                "fees": round(fees, 2),
                "share": round(fees / (seen + 1), 3),
            }
        )
        last_channel = channel
    out.append(
        {
            "n": seen + 1,
            "id": 0,
            "before": balance,
            "balance": balance,
            "previous": last_channel,
            "switches": switches,
            "fees": 0.0,
            "share": 0.0,
        }
    )
    state["out"] = pd.DataFrame(out)
    return state
