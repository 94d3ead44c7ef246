import crooked


def execute(shared_state):
    shared_state["out"] = shared_state["orders"][["order_id"]]
    return shared_state
