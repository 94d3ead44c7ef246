import pandas as pd


def execute(shared_state):
    orders = shared_state["orders"][["order_id", "customer_id", "currency", "status"]]
    customers = shared_state["customers"][["customer_id", "email", "region", "loyalty_points", "signup_date"]]
    rates = shared_state["exchange_rates"][["currency", "rate", "source"]]
    tickets = shared_state["support_tickets"][["customer_id", "ticket_id", "satisfaction"]]
    shared_state["left"] = orders.merge(customers, on="customer_id", how="left")
    shared_state["right"] = pd.merge(customers, orders, how="right", on="customer_id", suffixes=("_c", "_o"))
    shared_state["outer"] = orders.merge(customers, on="customer_id", how="outer")
    shared_state["matching"] = orders.merge(rates.rename(columns={"currency": "cur"}), left_on="currency", right_on="cur", how="left", validate="m:m")
    firsts = rates.drop_duplicates("currency")
    shared_state["all"] = orders.merge(firsts, how="left", validate="many_to_one")
    points = customers[["customer_id", "loyalty_points"]].drop_duplicates("customer_id")
    joined = tickets.merge(points, on="customer_id", how="left")
    texts = []
    for row in joined.itertuples(index=False):
        texts.append({"ticket": row.ticket_id, "text": f"{row.loyalty_points}", "score": row.satisfaction})
    shared_state["texts"] = pd.DataFrame(texts)
    shared_state["pairs"] = firsts.merge(points.head(2), how="cross")
    shared_state["regions"] = customers.merge(customers[["region", "email"]].drop_duplicates("region"), on="region", how="left")
    statuses = orders[["status", "order_id"]]
    shared_state["states"] = statuses.merge(orders[["status", "currency"]].drop_duplicates("status"), on="status", how="outer")
    return shared_state
