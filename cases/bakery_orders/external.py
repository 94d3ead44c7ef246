import pandas as pd

import bakery.pricing as pricing
from bakery import *

LIMIT = 20  # pieces that fit on the van


def price_list(products):
    found = {}
    for p in products.itertuples(index=False):
        found[p.product] = pricing.Price(p.price, p.kind)
    return found


def lines(orders, prices):
    from bakery.words import label as worded

    for o in orders.to_dict("records"):
        price = prices.get(o["product"])
        if price is None:
            continue
        yield_row = {
            "order_no": o["order_no"],
            "customer": tidy(o["customer"]),
            "label": worded(o["product"], price.kind),
            "net": price.net(o["pieces"]),
            "large": o["pieces"] > LIMIT,
            "rebate": pricing.rebate(o["pieces"]),
        }
        ROWS.append(yield_row)


ROWS = []


def run(shared_state):
    lines(shared_state["orders"], price_list(shared_state["products"]))
    shared_state["invoice_lines"] = pd.DataFrame(ROWS, columns=["order_no", "customer", "label", "net", "large", "rebate"])
    return shared_state
