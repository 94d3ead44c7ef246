import pandas as pd


def last_readings(shared_state):
    first, last, nurse, fever, count = {}, {}, {}, {}, {}
    for number, row in enumerate(shared_state["readings"].to_dict("records")):
        patient = row["patient"]
        count[patient] = count.get(patient, 0) + 1
        if row["celsius"] != row["celsius"]:
            continue
        if patient not in first:
            first[patient] = row["celsius"]
        last[patient] = row["celsius"]
        nurse[patient] = row["nurse"]
        fever[patient] = fever.get(patient, False) or row["celsius"] >= 38.5

    latest = []
    for patient, readings in count.items():
        if patient not in last:
            latest.append([patient, None, None, "not measured", readings])
        else:
            state = "fever" if fever[patient] else "normal"
            latest.append([patient, last[patient], nurse[patient], state, readings])
    shared_state["latest"] = pd.DataFrame(latest, columns=["patient", "celsius", "nurse", "state", "readings"])
    return shared_state
