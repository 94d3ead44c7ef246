SELECT order_id, '2024-03-02' AS a, '29/02/2024' AS b, sqlite_julianday('2024-01-01') AS c
FROM orders
WHERE placed_on >= DATE '2023-12-15'
ORDER BY row_no
-- level: Flat; orders(order_id, placed_on + row_no)
