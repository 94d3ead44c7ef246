WITH rates AS (
    -- rows written in the legacy code
    SELECT column1 AS column1, column2 AS column2, column3 AS row_position
    FROM (VALUES
        ('open', 2, 0),
        ('done', 3, 1),
        ('12', 5, 2)
    )
)
SELECT orders.order_id, rates.column2 AS factor
FROM orders
LEFT JOIN rates ON rates.column1 = orders.status
ORDER BY orders.row_no, rates.row_position NULLS LAST
-- level: Flat; orders(order_id, status + row_no)

-- obligation: SQLite would return several matches of one row in the order of a temporary index
WITH rates AS (
    -- rows written in the legacy code
    SELECT column1 AS column1, column2 AS row_position
    FROM (VALUES
        ('open', 0),
        ('done', 1),
        ('12', 2)
    )
)
SELECT column1, count(*) AS occurrences
FROM rates
GROUP BY column1
HAVING count(*) > 1

-- obligation: pandas would read an integer column with NULL as floats
WITH rates AS (
    -- rows written in the legacy code
    SELECT column1 AS column1, column2 AS column2, column3 AS row_position
    FROM (VALUES
        ('open', 2, 0),
        ('done', 3, 1),
        ('12', 5, 2)
    )
)
SELECT rates.column2 AS factor
FROM orders
LEFT JOIN rates ON rates.column1 = orders.status
WHERE rates.column2 IS NULL
