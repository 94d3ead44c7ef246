SELECT
    order_id,
    sqlite_int_of_text(status) + 1 AS a,
    sqlite_int_of_text(status) * order_id AS b,
    -sqlite_int_of_text(status) AS c,
    sqlite_int_of_text(status) % 3 AS d
FROM orders
WHERE NOT (status LIKE '%.%')
  AND NOT (translate(status, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') LIKE '%e%')
ORDER BY order_id, row_no
-- level: Flat; orders(order_id, status + row_no)

-- obligation: SQLite would compute with a float where a text begins with one
SELECT status
FROM orders
WHERE NOT (status LIKE '%.%')
  AND NOT (translate(status, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') LIKE '%e%')
  AND NOT coalesce(CASE WHEN status IS NULL THEN TRUE ELSE sqlite_has_whole(status) = 1 END, FALSE)

-- obligation: pandas would read an integer column with NULL as floats
WITH computed AS (
    -- the rows of orders that pass the filter
    SELECT
        sqlite_int_of_text(status) + 1 AS a,
        sqlite_int_of_text(status) * order_id AS b,
        -sqlite_int_of_text(status) AS c,
        sqlite_int_of_text(status) % 3 AS d
    FROM orders
    WHERE NOT (status LIKE '%.%')
      AND NOT (translate(status, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') LIKE '%e%')
)
SELECT a, b, c, d
FROM computed
WHERE a IS NULL OR b IS NULL OR c IS NULL OR d IS NULL
