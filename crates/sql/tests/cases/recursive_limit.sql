WITH weeks AS (
    -- rows written in the legacy code
    SELECT column1 AS day, column2 AS week, column3 AS row_position
    FROM (VALUES
        ('2023-12-31', 1, 0),
        ('2024-01-07', 2, 1),
        ('2024-01-14', 3, 2),
        ('2024-01-21', 4, 3)
    )
),
fib AS (
    -- rows written in the legacy code
    SELECT column1 AS a, column2 AS b, column3 AS row_position
    FROM (VALUES
        (1, 2, 0),
        (2, 3, 1),
        (3, 5, 2),
        (5, 8, 3),
        (8, 13, 4),
        (13, 21, 5)
    )
),
orders_by_placed_on AS (
    -- one row per placed on
    SELECT CAST(placed_on AS VARCHAR) AS orders_by_placed_on_placed_on, count(*) AS value
    FROM orders
    GROUP BY CAST(placed_on AS VARCHAR)
)
SELECT
    weeks.week,
    weeks.day,
    coalesce(fib.a, 0) AS a,
    coalesce(orders_by_placed_on.value, 0) AS on_day
FROM weeks
LEFT JOIN fib ON fib.b = weeks.week + 1
LEFT JOIN orders_by_placed_on ON orders_by_placed_on.orders_by_placed_on_placed_on = weeks.day
ORDER BY weeks.row_position, fib.row_position NULLS LAST
-- level: Flat; orders(placed_on)

-- obligation: SQLite would return several matches of one row in the order of a temporary index
WITH fib AS (
    -- rows written in the legacy code
    SELECT column1 AS b, column2 AS row_position
    FROM (VALUES
        (2, 0),
        (3, 1),
        (5, 2),
        (8, 3),
        (13, 4),
        (21, 5)
    )
)
SELECT b, count(*) AS occurrences
FROM fib
GROUP BY b
HAVING count(*) > 1
