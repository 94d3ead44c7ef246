WITH combined AS (
    -- 2 parts, one after the other
    SELECT segment AS kind, region
    FROM customers
    WHERE points > 2
    UNION ALL
    SELECT status AS kind, status AS region
    FROM orders
),
sorted AS (
    SELECT DISTINCT kind, region
    FROM combined
)
SELECT kind, region
FROM sorted
ORDER BY kind NULLS FIRST, region NULLS FIRST
-- level: Flat; orders(status); customers(region, segment, points)
