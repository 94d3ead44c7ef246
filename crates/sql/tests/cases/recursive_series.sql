WITH n AS (
    -- rows written in the legacy code
    SELECT column1 AS i, column2 AS row_position
    FROM (VALUES
        (1, 0),
        (2, 1),
        (3, 2),
        (4, 3),
        (5, 4)
    )
)
SELECT i, i * i AS square
FROM n
ORDER BY row_position
-- level: Flat
