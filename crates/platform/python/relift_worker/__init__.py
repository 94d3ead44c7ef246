"""The Python side of the legacy runtime: a warm process that forks one child per run."""
