SELECT
    order_id,
    sqlite_real_of_text(status) * 1.5 AS a,
    2.0 - sqlite_real_of_text(status) AS b,
    sqlite_real_of_text(status) / 4.0 AS c,
    sqlite_round(sqlite_real_of_text(status), 1, '3.40.1') AS d,
    abs(sqlite_real_of_text(status)) AS e,
    sqlite_int_of_text(substr(CAST(placed_on AS VARCHAR), 1, 4)) - 1 AS f,
    sqlite_int_of_text(substr(CAST(placed_on AS VARCHAR), 6, 2)) * 100 + sqlite_int_of_text(substr(CAST(placed_on AS VARCHAR), 9, 2)) AS g,
    sqlite_int_of_text(substr(CAST(placed_on AS VARCHAR), 1, 4)) + 0 AS h,
    sqlite_int_of_text(CAST(placed_on AS VARCHAR)) + 1 AS i,
    -sqlite_int_of_text(substr(CAST(placed_on AS VARCHAR), 6, 2)) AS j,
    12 + 1 AS k,
    1.5 * 2 AS l,
    -0 AS m,
    sqlite_int_of_text(substr(CAST(placed_on AS VARCHAR), 1, 4)) % 4 AS n,
    sqlite_int_of_text(substr(CAST(placed_on AS VARCHAR), 9, 2)) / 2 AS o
FROM orders
ORDER BY order_id, row_no
-- level: Flat; orders(order_id, status, placed_on + row_no)

-- obligation: pandas would read an integer column with NULL as floats
WITH computed AS (
    SELECT
        sqlite_int_of_text(substr(CAST(placed_on AS VARCHAR), 1, 4)) % 4 AS n,
        sqlite_int_of_text(substr(CAST(placed_on AS VARCHAR), 9, 2)) / 2 AS o
    FROM orders
)
SELECT n, o
FROM computed
WHERE n IS NULL OR o IS NULL
