SELECT order_id
FROM orders
WHERE status = '1'
ORDER BY row_no
-- level: Flat; orders(order_id, status + row_no)
