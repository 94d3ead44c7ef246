import pandas as pd


def execute(shared_state):
    df = shared_state["products"]
    data = []
    for x in df.itertuples(index=False):
        group = x.category or "General"
        if x.active:
            flag = "Y"
        else:
            flag = "N"
        data.append({
            "product_id": x.product_id,
            "item_code": x.sku.upper(),
            "item_name": x.product_name,
            "product_group": group,
            "price": x.list_price,
            "profit": x.list_price - x.unit_cost,
            "sellable": flag,
        })
    shared_state["catalogue"] = pd.DataFrame(
        data,
        columns=["product_id", "item_code", "item_name", "product_group", "price", "profit", "sellable"],
    )
    return shared_state
