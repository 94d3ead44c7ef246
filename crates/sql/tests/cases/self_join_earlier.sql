WITH computed AS (
    -- orders joined with orders
    SELECT
        orders.order_id,
        orders_2.order_id AS other,
        orders.row_no,
        orders_2.row_no AS row_no_2
    FROM orders
    JOIN orders AS orders_2 ON orders_2.customer_id = orders.customer_id AND orders.order_id < orders_2.order_id
)
SELECT order_id, other
FROM computed
ORDER BY order_id, other, row_no, row_no_2
-- level: Flat; orders(order_id, customer_id + row_no)

-- obligation: SQLite would choose the order of rows that ORDER BY leaves equal
SELECT orders.order_id, orders_2.order_id AS b_order_id, count(*) AS occurrences
FROM orders
JOIN orders AS orders_2 ON orders_2.customer_id = orders.customer_id AND orders.order_id < orders_2.order_id
GROUP BY orders.order_id, orders_2.order_id
HAVING count(*) > 1
