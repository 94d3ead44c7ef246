SELECT order_id
FROM orders
WHERE order_id = 3 OR status > '5' OR CAST(amount AS DOUBLE) < 2.5
ORDER BY row_no
-- level: Flat; orders(order_id, status, amount + row_no)
