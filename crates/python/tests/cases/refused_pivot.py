def execute(shared_state):
    orders = shared_state["orders"]
    wide = orders.pivot_table(index="channel", columns="currency", values="shipping_fee", aggfunc="sum")
    shared_state["wide"] = wide.reset_index()
    return shared_state
