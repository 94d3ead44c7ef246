import pandas as pd


class Ship:
    SEATS = 400

    def __init__(self, name, lorries=0):
        self.name = name
        self.people = 0
        self.lorries = lorries
        self.trips = 0

    def board(self, people, lorries):
        self.trips += 1
        self.people += people
        if lorries is not None:
            self.lorries += lorries
        return self

    @property
    def state(self):
        if self.people > self.SEATS * self.trips:
            return "overloaded"
        return "fine"


def run(shared_state):
    fleet = {}
    for c in shared_state["crossings"].to_dict("records"):
        if c["ship"] not in fleet:
            fleet[c["ship"]] = Ship(c["ship"])
        fleet[c["ship"]].board(c["passengers"], c["lorries"])
    rows = [[s.name, s.trips, s.people, s.lorries, s.state] for s in fleet.values()]
    shared_state["ships"] = pd.DataFrame(
        rows, columns=["ship", "trips", "people", "lorries", "state"])
    return shared_state
