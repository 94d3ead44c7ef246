import pandas as pd


def clean_mail(m):
    # mail server can not do umlauts
    m = m.strip().lower()
    for a, b in [("ä", "ae"), ("ö", "oe"), ("ü", "ue"), ("ß", "ss")]:
        m = m.replace(a, b)
    if m.count("@") != 1:
        return None
    user, domain = m.split("@")
    if "+" in user:
        user = user[0:user.index("+")]
    return user + "@" + domain


def select(shared_state):
    people = shared_state["people"]
    coupons = shared_state["coupons"]

    # which coupon do we print
    code = "WELCOME"
    stand = shared_state["__etlEffectiveDate"]
    best = 0
    for _, k in coupons.iterrows():
        stand = k["as_of"]
        if k["kind"] != "percent":
            continue
        if k["valid_to"] < stand or k["valid_from"] > stand:
            continue
        if k["value"] > best:
            best = k["value"]
            code = k["code"]

    # pass 1: averages per segment
    sums = {}
    counts = {}
    for _, p in people.iterrows():
        sums[p["segment"]] = sums.get(p["segment"], 0) + p["loyalty_points"]
        counts[p["segment"]] = counts.get(p["segment"], 0) + 1
    avg = {}
    for s in sums:
        avg[s] = sums[s] / counts[s]

    # pass 2: only the good ones
    used = []
    res = []
    skipped = []
    for _, p in people.iterrows():
        if p["loyalty_points"] <= avg[p["segment"]]:
            continue
        if p["mood"] == "angry":
            skipped.append([p["customer_id"], "angry"])
            continue
        mail = clean_mail(p["email"])
        if mail is None or mail in used:
            skipped.append([p["customer_id"], "mail"])
            continue
        used.append(mail)
        first_name = p["full_name"].split(" ")[0]
        if p["tier"] == "platinum":
            text = "Dear " + first_name
            c = code
        elif p["spent"] > 150:
            text = "Hello " + first_name
            c = code
        else:
            text = "Hi " + first_name + "!"
            c = ""
        res.append([str(p["customer_id"]), mail, text, p["segment"], str(int(p["loyalty_points"] - avg[p["segment"]])), c])

    shared_state["skipped"] = pd.DataFrame(skipped, columns=["customer_id", "why"])
    res.append(["END", str(len(res)), "Stand " + str(stand), "", "", ""])
    shared_state["mailing"] = pd.DataFrame(
        res, columns=["customer_id", "mail_to", "salutation", "segment", "points_above_average", "coupon"])
    return shared_state
