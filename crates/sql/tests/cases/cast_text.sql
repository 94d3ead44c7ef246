SELECT
    order_id,
    sqlite_int_of_text(status) AS i,
    sqlite_real_of_text(status) AS r,
    sqlite_real_of_text(status) AS f,
    status AS c,
    sqlite_int_of_text(substr(CAST(placed_on AS VARCHAR), 1, 4)) AS year,
    sqlite_int_of_text(substr(CAST(placed_on AS VARCHAR), 6, 2)) AS month
FROM orders
ORDER BY row_no
-- level: Flat; orders(order_id, status, placed_on + row_no)

-- obligation: pandas would read an integer column with NULL as floats
WITH computed AS (
    SELECT sqlite_int_of_text(status) AS i
    FROM orders
)
SELECT i
FROM computed
WHERE i IS NULL
