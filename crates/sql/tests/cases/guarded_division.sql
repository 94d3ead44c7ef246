SELECT order_id, status
FROM orders
WHERE CASE WHEN order_id <> 0 THEN py_floordiv(100, order_id) > 3 ELSE FALSE END
ORDER BY row_no
-- level: Flat; orders(order_id, status + row_no)
