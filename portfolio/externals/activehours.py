import pandas as pd


class Island:
    """A stretch of hours on the beach :-)"""

    def __init__(self, kind, hour):
        self.kind = kind
        self.start = hour
        self.end = hour
        self.sessions = 0
        self.visitors = 0
        self.known = 0
        self.conv = 0
        self.pages = 0
        self.secs = 0.0
        self.best = -1
        self.besthour = hour

    def add(self, hour, row):
        self.end = hour
        if row is None:
            return
        self.sessions += row["sessions"]
        self.visitors += row["visitors"]
        self.known += row["known_visits"]
        self.conv += row["conversions"]
        self.pages += row["pages"]
        self.secs += row["secs"]
        if row["pages"] > self.best:
            self.best = row["pages"]
            self.besthour = hour


COLUMNS = ["stretch", "kind", "from_hour", "to_hour", "hours", "sessions", "visitors", "known_visits",
           "conversions", "pages", "minutes", "peak_hour", "main_referrer"]


def process(shared_state):
    hourly = shared_state["hourly"]
    sources = shared_state["sources"]
    day = shared_state["__etlEffectiveDate"]

    by_hour = {}
    for index, row in hourly.iterrows():
        by_hour[int(row["hr"])] = row.to_dict()

    if len(by_hour) == 0:
        shared_state["islands"] = pd.DataFrame(columns=COLUMNS)
        return shared_state

    total = 0
    for h in by_hour:
        total = total + by_hour[h]["pages"]
    limit = total / 24
    if day.weekday() >= 5:
        limit = limit * 0.95

    # busy hours next to each other make an island, the rest is gap
    islands = []
    current = None
    for hour in range(0, 24):
        row = by_hour.get(hour)
        if row is not None and row["pages"] >= limit:
            kind = "busy"
        else:
            kind = "quiet"
        if current is None or current.kind != kind:
            current = Island(kind, hour)
            islands.append(current)
        current.add(hour, row)

    out = []
    nr = 0
    for isl in islands:
        nr += 1
        refs = {}
        for index, s in sources.iterrows():
            if s["hr"] >= isl.start and s["hr"] <= isl.end:
                if s["referrer"] in refs:
                    refs[s["referrer"]] += s["n"]
                else:
                    refs[s["referrer"]] = s["n"]
        main = "none"
        most = 0
        for name in refs:
            if refs[name] > most:
                most = refs[name]
                main = name
        out.append([nr, isl.kind, isl.start, isl.end, isl.end - isl.start + 1, int(isl.sessions),
                    int(isl.visitors), int(isl.known), int(isl.conv), int(isl.pages),
                    round(isl.secs / 60, 1), isl.besthour, main])

    # for the chart
    chart = []
    for hour in range(0, 24):
        for isl in islands:
            if isl.start <= hour <= isl.end:
                chart.append({"hour": hour, "kind": isl.kind})
    shared_state["hour_chart"] = pd.DataFrame(chart, columns=["hour", "kind"])

    shared_state["islands"] = pd.DataFrame(out, columns=COLUMNS)
    return shared_state
