import pandas as pd

fn = "wallet_balances.csv"
hdr = "currency;wallet_id;booked_at;kind;amount;credit;debit;balance;flag"


def execute(ss):
    w = ss["wallets"]
    tx = ss["tx"]

    d = {}
    d2 = {}
    d3 = {}
    for i in range(len(w)):
        x = w["wallet_id"].iloc[i]
        d[x] = w["balance"].iloc[i]
        d2[x] = w["currency"].iloc[i]
        d3[x] = w["status"].iloc[i]

    blocks = {}
    tx = tx.sort_values(["booked_at"], kind="stable")
    for i in range(len(tx)):
        x = tx["wallet_id"].iloc[i]
        k = tx["kind"].iloc[i]
        a = tx["amount"].iloc[i]
        t = tx["booked_at"].iloc[i]
        if x in d3:
            s = d3[x]
        else:
            s = "open"
        if x in d2:
            c = d2[x]
        else:
            c = "???"
        if x in d:
            b = d[x]
        else:
            b = 0.0

        # new balance
        if s == "closed":
            flag = "REJECTED"
        elif s == "frozen" and a < 0:
            flag = "REJECTED"
        else:
            b = b + a
            if b < -250:
                b = -250.0
                flag = "FLOOR"
            elif b < -0.004:
                flag = "OVERDRAFT"
            else:
                flag = ""
            d[x] = b

        if k == "topup":
            line = "%s;%s;%s;%s;%.2f;%.2f;%.2f;%.2f;%s" % (c, x, str(t)[11:16], "TOP-UP", a, a, 0, b, flag)
        if k == "purchase":
            line = "%s;%s;%s;%s;%.2f;%.2f;%.2f;%.2f;%s" % (c, x, str(t)[11:16], "PURCHASE", a, 0, -a, b, flag)
        if k == "refund":
            line = "%s;%s;%s;%s;%.2f;%.2f;%.2f;%.2f;%s" % (c, x, str(t)[11:16], "REFUND", a, a, 0, b, flag)
        if k == "fee":
            line = "%s;%s;%s;%s;%.2f;%.2f;%.2f;%.2f;%s" % (c, x, str(t)[11:16], "FEE", a, 0, -a, b, flag)
        if k == "correction":
            if a >= 0:
                line = "%s;%s;%s;%s;%.2f;%.2f;%.2f;%.2f;%s" % (c, x, str(t)[11:16], "CORR", a, a, 0, b, flag)
            else:
                line = "%s;%s;%s;%s;%.2f;%.2f;%.2f;%.2f;%s" % (c, x, str(t)[11:16], "CORR", a, 0, -a, b, flag)
        if c in blocks:
            blocks[c].append(line)
        else:
            blocks[c] = [line]

    # one file per currency
    for c in blocks:
        f = open(fn, "a", encoding="utf-8", newline="")
        f.write(hdr + "\n")
        for line in blocks[c]:
            f.write(line + "\n")
        f.close()

    # totals for the mail to finance
    n = []
    for c in blocks:
        od = 0
        for line in blocks[c]:
            if line.endswith("OVERDRAFT") or line.endswith("FLOOR"):
                od = od + 1
        n.append([c, len(blocks[c]), od])
    ss["totals"] = pd.DataFrame(n, columns=["currency", "lines", "overdrafts"])
    return ss
