WITH limited AS (
    -- the first 5 rows
    SELECT DISTINCT segment, region
    FROM customers
),
limited_2 AS (
    SELECT segment, region
    FROM limited
    ORDER BY segment DESC, region NULLS FIRST
    LIMIT 5
)
SELECT segment, region
FROM limited_2
ORDER BY segment DESC, region NULLS FIRST
-- level: Flat; customers(region, segment)
