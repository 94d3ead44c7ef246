SELECT order_id, customer_id, status, amount, discount, weight, placed_on, shipped_on
FROM orders
WHERE amount > 0
  AND (status IS NULL OR status <> 'void')
  AND placed_on >= DATE '2024-10-01'
ORDER BY row_no
-- level: Flat; orders(order_id, customer_id, status, amount, discount, weight, placed_on, shipped_on + row_no)
