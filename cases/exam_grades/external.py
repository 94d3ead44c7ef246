import pandas as pd

SCALE = [(90, "A"), (75, "B"), (60, "C"), (50, "D")]
SUBJECTS = ("maths", "music", "sport")


def points(text):
    try:
        value = int(text)
    except ValueError:
        return 0
    if value > 100:
        raise ValueError("more than all")
    return value


def grade(value):
    for least, letter in SCALE:
        if value >= least:
            return letter
    return "F"


def execute(shared_state):
    rows = []
    for exam in shared_state["exams"].to_dict("records"):
        marks = {subject: points(exam[subject]) for subject in SUBJECTS}
        letters = [grade(marks[subject]) for subject in SUBJECTS]
        best, *others = letters
        rows.append({
            "pupil": exam["pupil"],
            "grades": "/".join(letters),
            "mean": round(sum(marks.values()) / len(SUBJECTS), 1),
            "passed": all(mark >= 50 for mark in marks.values()),
            "honours": any(letter == "A" for letter in letters) and "F" not in letters,
            "first": best + str(len(others)),
        })
    shared_state["report"] = pd.DataFrame(rows)
    return shared_state
