SELECT
    order_id,
    substr(CAST(placed_on AS VARCHAR), 1, 7) AS month,
    CAST(placed_on AS VARCHAR) AS placed_on,
    translate(btrim(status), 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') AS status,
    status || '/' || CAST(order_id AS VARCHAR) AS code,
    CASE WHEN status = 'open' THEN 1 WHEN status = 'done' THEN 2 ELSE NULL END AS state
FROM orders
WHERE shipped_on IS NOT NULL
  AND placed_on >= DATE '2024-10-01'
  AND placed_on <= DATE '2024-10-31'
  AND translate(status, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') LIKE 'o%'
ORDER BY row_no
-- level: Flat; orders(order_id, status, placed_on, shipped_on + row_no)

-- obligation: pandas would read an integer column with NULL as floats
WITH computed AS (
    -- the rows of orders that pass the filter
    SELECT CASE WHEN status = 'open' THEN 1 WHEN status = 'done' THEN 2 ELSE NULL END AS state
    FROM orders
    WHERE shipped_on IS NOT NULL
      AND placed_on >= DATE '2024-10-01'
      AND placed_on <= DATE '2024-10-31'
      AND translate(status, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') LIKE 'o%'
)
SELECT state
FROM computed
WHERE state IS NULL
