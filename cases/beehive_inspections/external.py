import pandas as pd


def execute(state):
    visits, treatments = state["inspections"], state["treatments"]
    found = []
    for v in visits.itertuples(index=False):
        agent = "untreated"
        since = 0
        for t in treatments.itertuples(index=False):
            if t.hive == v.hive and t.day <= v.day:
                agent = t.agent
                since = t.day
        found.append({"visit": v.visit, "hive": v.hive, "agent": agent, "since": since})
    state["result"] = pd.DataFrame(found, columns=["visit", "hive", "agent", "since"])
    return state
