import pandas as pd

WIDTH = 10
HEAD = "%-6s|%5s"


def execute(state):
    out = []
    for line in state["order_lines"].to_dict("records"):
        q, p, d = line["quantity"], line["unit_price"], line["discount_rate"]
        total = q * p * (1 - d)
        mixed = q if q % 2 else p
        out.append([
            line["order_id"],
            HEAD % (q, line["line_no"]) + "%05d %.3f %+d %x %e %g%%" % (q, p, q - 3, 250 + q, p, d),
            "{:>8.2f}|{:<6}|{:^7}|{:,.2f}|{:.1%}".format(p, q, line["line_no"], total * 1000, d),
            f"{total:012,.2f} {q:+d} {p:.3e} {p:g} {d:.2%} {line['product_id']:04} {q!r} {p:{WIDTH}.1f} {q * 1000:_}",
            "%(quantity)s x %(unit_price)8.2f" % line,
            "{0}-{1}-{0}".format(q, line["product_id"]),
            f"{str(q):>4}{str(p):<9}.{q=}",
            f"{mixed}/{str(mixed)}",
            format(q, "b") + repr(line["line_no"]) + f"{q > 2} {q > 2:d} {total:.0f} {total:8.4g}",
        ])
    state["printed"] = pd.DataFrame(out, columns=list("abcdefghi"))
    return state
