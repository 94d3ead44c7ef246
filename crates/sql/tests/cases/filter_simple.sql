SELECT order_id, CAST(amount AS DOUBLE) AS amount
FROM orders
WHERE status = 'open'
  AND amount > 10
ORDER BY row_no
-- level: Flat; orders(order_id, status, amount + row_no)
