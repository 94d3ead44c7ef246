from collections import defaultdict

import pandas as pd


class Team:
    def __init__(self, heat):
        self.first_heat = heat
        self.laps = 0
        self.runners = set()


def execute(shared_state):
    teams = {}
    heats = defaultdict(set)
    fastest = {}
    for lap in shared_state["laps"].itertuples(index=False):
        if lap.team not in teams:
            teams[lap.team] = Team(lap.heat)
        team = teams[lap.team]
        team.laps += 1
        if lap.runner is not None:
            team.runners.add(lap.runner)
        heats[lap.team].add(lap.heat)
        if lap.team not in fastest or lap.seconds < fastest[lap.team]:
            fastest[lap.team] = lap.seconds
    rows = []
    for name, team in teams.items():
        everyone = len(team.runners)
        rows.append([name, team.first_heat, team.laps, everyone, everyone == team.laps, len(heats[name]), fastest[name]])
    shared_state["teams"] = pd.DataFrame(
        rows, columns=["team", "first_heat", "laps", "runners", "all_different", "heats", "fastest"])
    return shared_state
