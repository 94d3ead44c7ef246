SELECT orders.order_id, orders.customer_id, order_lines.product, order_lines.quantity
FROM orders
JOIN order_lines ON order_lines.order_id = orders.order_id
ORDER BY orders.order_id, order_lines.product, order_lines.quantity, CAST(order_lines.price AS DOUBLE), orders.row_no, order_lines.row_no
-- level: Flat; orders(order_id, customer_id + row_no); order_lines(order_id, product, quantity, price + row_no)

-- obligation: SQLite would choose the order of rows that ORDER BY leaves equal
SELECT
    orders.order_id,
    order_lines.product,
    order_lines.quantity,
    CAST(order_lines.price AS DOUBLE) AS price,
    count(*) AS occurrences
FROM orders
JOIN order_lines ON order_lines.order_id = orders.order_id
GROUP BY orders.order_id, order_lines.product, order_lines.quantity, CAST(order_lines.price AS DOUBLE)
HAVING count(*) > 1
