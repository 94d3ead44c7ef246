WITH combined AS (
    -- 2 parts, one after the other
    SELECT segment AS kind, region, 1 AS branch, row_no AS row_position
    FROM customers
    WHERE points > 2
    UNION ALL
    SELECT status AS kind, status AS region, 2 AS branch, row_no AS row_position
    FROM orders
),
numbered AS (
    -- rows numbered in their order
    SELECT
        kind,
        region,
        CAST(row_number() OVER (ORDER BY branch, row_position) AS BIGINT) AS row_position
    FROM combined
)
SELECT kind, region
FROM numbered
GROUP BY kind, region
ORDER BY kind NULLS FIRST, region NULLS FIRST, min(row_position)
-- level: Window; orders(status + row_no); customers(region, segment, points + row_no)
