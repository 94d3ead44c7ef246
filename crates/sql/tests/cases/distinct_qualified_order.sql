WITH sorted AS (
    SELECT DISTINCT
        segment AS kind,
        region,
        translate(region, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') AS loud
    FROM customers
)
SELECT kind, region, loud
FROM sorted
ORDER BY kind DESC, loud NULLS FIRST, region NULLS FIRST
-- level: Flat; customers(region, segment)
