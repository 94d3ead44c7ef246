WITH joined_numbered AS (
    -- rows numbered in their order; from orders joined with order_lines
    SELECT
        orders.status,
        order_lines.product,
        CAST(order_lines.price AS DOUBLE) AS price,
        CAST(row_number() OVER (ORDER BY orders.row_no, order_lines.row_no) AS BIGINT) AS row_position
    FROM orders
    JOIN order_lines ON order_lines.order_id = orders.order_id
),
per_product_running AS (
    -- float sums, added row by row in stored order
    SELECT
        status,
        row_position,
        product,
        sum(price) OVER (PARTITION BY product ORDER BY row_position ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running_total
    FROM joined_numbered
)
SELECT
    product,
    last_value(running_total ORDER BY row_position) AS total,
    last_value(status ORDER BY row_position) AS status
FROM per_product_running
GROUP BY product
ORDER BY last_value(running_total ORDER BY row_position) + 0.0 DESC, min(row_position)
LIMIT 3
-- level: Window; orders(order_id, status + row_no); order_lines(order_id, product, price + row_no)
