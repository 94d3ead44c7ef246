"""A read-only SQL view of the lake for Externals that bring their own SQL.

The runtime hands each run its inputs as files, so there is no lake to connect to from inside a
run yet; importing this module says so instead of failing later in a less obvious place.
"""

raise ImportError(
    "relift_lake is not available to this run: Externals with SQL of their own are not supported yet; "
    "read the table with a DataSourcing module and use its frame from the shared state"
)
