WITH sorted AS (
    -- one row per customer id; from orders joined with order_lines
    SELECT orders.customer_id, count(*) AS n, sum(order_lines.quantity) AS sum_quantity
    FROM orders
    JOIN order_lines ON order_lines.order_id = orders.order_id
    GROUP BY orders.customer_id
),
windowed AS (
    -- each row with what stands around it
    SELECT customer_id, n, sum_quantity, CAST(rank() OVER (ORDER BY n DESC) AS BIGINT) AS place
    FROM sorted
),
windowed_2 AS (
    -- each row with what stands around it
    SELECT
        customer_id,
        n,
        place,
        sum(sum_quantity) OVER (ORDER BY customer_id RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS cumulative
    FROM windowed
)
SELECT customer_id, n, cumulative, place
FROM windowed_2
ORDER BY customer_id
-- level: Window; orders(order_id, customer_id); order_lines(order_id, quantity)
