import pandas


class Order:
    """One customer order."""

    def __init__(self, warehouse, first):
        self.warehouse = warehouse
        self.first = first
        self.last = first
        self.n = 0
        self.products = []
        self.worst = 0
        self.demand = 0

    def add(self, row):
        self.n += 1
        self.last = row["moved_at"]
        if row["product_id"] not in self.products:
            self.products.append(row["product_id"])
        missing = row["reorder_level"] - row["balance_after"]
        if missing > self.worst:
            self.worst = missing
        if row["quantity"] < 0:
            self.demand += -row["quantity"]

    def minutes(self):
        return round((self.last - self.first).total_seconds() / 60, 1)

    def grade(self):
        if self.n >= 5 or self.worst >= 120:
            return "A"
        if self.n >= 3 or self.worst >= 50:
            return "B"
        return "C"

    def to_list(self, no, name):
        return [self.warehouse, name, no, self.first, self.last, self.minutes(), self.n,
                len(self.products), self.worst, self.demand, self.grade()]


def find_spells(shared_state):
    names = {}
    for w in shared_state["warehouses"].to_dict("records"):
        names[w["warehouse_id"]] = w["warehouse_name"]

    # split by warehouse first
    stores = []
    per_store = {}
    for row in shared_state["sales"].to_dict("records"):
        if row["warehouse_id"] not in stores:
            stores.append(row["warehouse_id"])
            per_store[row["warehouse_id"]] = []
        per_store[row["warehouse_id"]].append(row)

    stores.sort()
    result = []
    for store in stores:
        current = None
        count = 0
        for row in per_store[store]:
            if row["balance_after"] <= row["reorder_level"]:
                if current is None:
                    current = Order(store, row["moved_at"])
                current.add(row)
            else:
                if current is not None:
                    count += 1
                    result.append(current.to_list(count, names.get(store, "?")))
                current = None
        if current is not None:
            count += 1
            result.append(current.to_list(count, names.get(store, "?")))

    shared_state["sold_out"] = pandas.DataFrame(
        result,
        columns=["warehouse_id", "warehouse_name", "spell_no", "started_at", "ended_at", "minutes",
                 "movements", "products", "worst_shortage", "pieces_requested", "grade"],
    )
    return shared_state
