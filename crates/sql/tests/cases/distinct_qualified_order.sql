WITH computed AS (
    SELECT
        segment AS kind,
        region,
        translate(region, 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') AS loud,
        row_no
    FROM customers
)
SELECT kind, region, loud
FROM computed
GROUP BY kind, loud, region
ORDER BY kind DESC, loud NULLS FIRST, region NULLS FIRST, min(row_no)
-- level: Flat; customers(region, segment + row_no)
