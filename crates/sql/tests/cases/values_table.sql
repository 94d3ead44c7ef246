WITH rates AS (
    -- rows written in the legacy code
    SELECT column1 AS region_name, column2 AS factor, column3 AS row_position
    FROM (VALUES
        ('open', 2, 0),
        ('done', 3, 1),
        ('12', 5, 2)
    )
)
SELECT orders.order_id, rates.factor
FROM orders
LEFT JOIN rates ON rates.region_name = orders.status
ORDER BY orders.row_no, rates.row_position NULLS LAST
-- level: Flat; orders(order_id, status + row_no)

-- obligation: SQLite would return several matches of one row in the order of a temporary index
WITH rates AS (
    -- rows written in the legacy code
    SELECT column1 AS region_name, column2 AS row_position
    FROM (VALUES
        ('open', 0),
        ('done', 1),
        ('12', 2)
    )
)
SELECT region_name, count(*) AS occurrences
FROM rates
GROUP BY region_name
HAVING count(*) > 1

-- obligation: pandas would read an integer column with NULL as floats
WITH rates AS (
    -- rows written in the legacy code
    SELECT column1 AS region_name, column2 AS factor, column3 AS row_position
    FROM (VALUES
        ('open', 2, 0),
        ('done', 3, 1),
        ('12', 5, 2)
    )
)
SELECT rates.factor
FROM orders
LEFT JOIN rates ON rates.region_name = orders.status
WHERE rates.factor IS NULL
