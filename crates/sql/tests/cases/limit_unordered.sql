SELECT order_id, status
FROM orders
WHERE amount > 0
ORDER BY row_no
LIMIT 4
-- level: Flat; orders(order_id, status, amount + row_no)
