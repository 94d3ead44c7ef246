"""Runs one probe of this folder and says how it went.

A probe is a function in one of the topic files. Its first line of documentation says what it tries.
It returns something true when it got through; an exception or something false means that it did
not. Where only the outside can tell, a function `check_<name>` beside it is asked there afterwards.
`NotHere` means that the attempt cannot work on this machine even without any isolation.

Outside: `python attempt.py FACTS try|check NAME`, in a folder laid out like that of a run.
Inside: an External calls `execute_probe`.
"""

import importlib
import json
import os
import sys

TOPICS = ("files", "processes", "network", "kernel", "resources")


class NotHere(Exception):
    """The attempt cannot work on this machine at all."""


def control(facts):
    """reads its input and writes into its own folder, which every run may"""
    with open("mine", "wb") as file:
        return file.write(open("../in/" + os.listdir("../in")[0], "rb").read())


def found(name):
    if name == "control":
        return control
    for topic in TOPICS:
        module = importlib.import_module(topic)
        if hasattr(module, name):
            return getattr(module, name)
    raise KeyError(name)


def tried(probe, facts):
    """What came of it, as one word and a reason."""
    try:
        evidence = probe(facts)
    except Exception as error:
        kind = "not_here" if type(error).__name__ == "NotHere" else "blocked"
        return {"outcome": kind, "why": f"{type(error).__name__}: {error}"}
    if evidence:
        return {"outcome": "through", "why": str(evidence)[:80]}
    return {"outcome": "blocked", "why": "nothing came of it"}


def execute_probe(name, facts):
    outcome = tried(found(name), facts)
    with open("outcome.json", "w") as file:
        json.dump(outcome, file)


def names():
    """Every probe with what it tries."""
    listed = []
    for topic in TOPICS:
        module = importlib.import_module(topic)
        for name, value in vars(module).items():
            if callable(value) and getattr(value, "__module__", None) == topic and not name.startswith(("_", "check_")):
                listed.append({"name": name, "topic": topic, "tries": value.__doc__, "check": hasattr(module, "check_" + name)})
    return listed


if __name__ == "__main__":
    sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
    if sys.argv[1] == "names":
        print(json.dumps(names()))
    else:
        facts = json.load(open(sys.argv[1]))
        name = sys.argv[3] if sys.argv[2] == "try" else "check_" + sys.argv[3]
        # Through a module of its own name, so that NotHere is one class.
        print(json.dumps(importlib.import_module("attempt").tried(found(name), facts)))
