SELECT
    order_id,
    quantity / 2 AS half,
    quantity % nullif(order_id, 0) AS rest,
    100.0 * quantity / nullif(order_id, 0) AS share,
    CASE WHEN price = 1 OR price = 2 OR CAST(price AS DOUBLE) = 3.5 THEN 1 ELSE 0 END AS listed
FROM order_lines
ORDER BY row_no
-- level: Flat; order_lines(order_id, quantity, price + row_no)

-- obligation: pandas would read an integer column with NULL as floats
WITH computed AS (
    SELECT quantity / 2 AS half, quantity % nullif(order_id, 0) AS rest
    FROM order_lines
)
SELECT half, rest
FROM computed
WHERE half IS NULL OR rest IS NULL
