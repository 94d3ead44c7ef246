import os
from datetime import datetime

import pandas as pd

SEP = ";"


def money(x):
    return "%.2f" % x


def write_report(shared_state):
    today = shared_state["__etlEffectiveDate"]
    spend = shared_state["spend_today"]
    spend = spend[spend["as_of"] == today]
    if len(spend) == 0:
        # no ads on weekends, marketing does not want empty mails
        print("nothing spent on", today)
        return shared_state

    # running vouchers per campaign
    vouchers = {}
    for v in shared_state["vouchers"].to_dict("records"):
        if v["campaign"] is None:
            continue
        if v["valid_from"] <= today and v["valid_to"] >= today:
            vouchers[v["campaign"]] = vouchers.get(v["campaign"], 0) + 1

    lines = []
    lines.append(SEP.join(["campaign", "ads", "spend", "clicks", "impressions", "ctr_per_mille",
                           "clicks_per_ad", "cost_per_click", "vouchers", "grade"]))
    n = 0
    for i, c in shared_state["campaigns"].iterrows():
        if c["clicks"] > 0:
            cpc = c["spend"] / c["clicks"]
        else:
            cpc = 0
        if pd.isna(c["ctr"]):
            ctr = ""
            grade = "?"
        else:
            ctr = str(int(c["ctr"]))
            if c["ctr"] >= 40 and cpc < 0.75:
                grade = "A"
            elif c["ctr"] >= 20 or cpc < 0.5:
                grade = "B"
            else:
                grade = "C"
        lines.append(SEP.join([
            c["campaign"], str(int(c["ads"])), money(c["spend"]), str(int(c["clicks"])),
            str(int(c["impressions"])), ctr, str(int(c["clicks_per_ad"])), money(cpc),
            str(vouchers.get(c["campaign"], 0)), grade]))
        n = n + 1
    lines.append("# " + str(n) + " campaigns, printed " + datetime.now().strftime("%d.%m.%Y %H:%M:%S"))
    f = open("campaign_efficiency_" + today.strftime("%Y%m%d") + ".txt", "w", encoding="utf-8")
    f.write("\n".join(lines) + "\n")
    f.close()

    # same for the channels
    channels = {}
    order = []
    for i, s in spend.iterrows():
        if pd.isna(s["spend"]):
            continue
        if s["channel"] not in channels:
            channels[s["channel"]] = [0, 0.0, 0]
            order.append(s["channel"])
        channels[s["channel"]][0] += 1
        channels[s["channel"]][1] += s["spend"]
        channels[s["channel"]][2] += s["clicks"]
    order.sort()
    os.makedirs("channels", exist_ok=True)
    with open("channels/" + today.isoformat() + ".csv", "w", encoding="utf-8") as g:
        g.write("channel,ads,spend,avg_spend,clicks\n")
        for ch in order:
            e = channels[ch]
            g.write("%s,%d,%.2f,%.2f,%d\n" % (ch, e[0], e[1], e[1] / e[0], e[2]))
    return shared_state
