WITH computed AS (
    -- one row per region
    SELECT region AS label, count(*) AS n
    FROM customers
    GROUP BY region
),
numbered AS (
    -- rows numbered in their order
    SELECT
        label,
        n,
        CAST(row_number() OVER (ORDER BY label NULLS FIRST) AS BIGINT) AS row_position
    FROM computed
),
combined AS (
    -- 2 parts, one after the other
    SELECT label, n, 1 AS branch, row_position
    FROM numbered
    UNION ALL
    SELECT 'ALL' AS label, count(*) AS n, 2 AS branch, 0 AS row_position
    FROM customers
)
SELECT label, n
FROM combined
ORDER BY branch, row_position
-- level: Window; customers(region)
