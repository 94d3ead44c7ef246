WITH order_lines_by_order_id AS (
    -- one row per order id
    SELECT order_id AS order_lines_by_order_id_order_id, sum(quantity) AS value
    FROM order_lines
    GROUP BY order_id
),
visits_2 AS (
    SELECT customer_id, nanvl(score, NULL) + 0.0 AS score
    FROM visits
),
visits_by_customer_id AS (
    -- one row per customer id; from the rows of visits_2 that pass the filter
    SELECT
        customer_id AS visits_by_customer_id_customer_id,
        count(*) AS visits_by_customer_id_value
    FROM visits_2
    WHERE score > 1
    GROUP BY customer_id
),
orders_by_customer_id AS (
    -- one row per customer id
    SELECT
        customer_id AS orders_by_customer_id_customer_id,
        max(CAST(amount AS DOUBLE)) AS orders_by_customer_id_value
    FROM orders
    GROUP BY customer_id
)
SELECT
    customers.customer_id,
    customers.segment,
    order_lines_by_order_id.value AS quantity,
    coalesce(visits_by_customer_id.visits_by_customer_id_value, 0) AS good_visits,
    coalesce(orders_by_customer_id.orders_by_customer_id_value, 0.0) AS largest
FROM customers
LEFT JOIN order_lines_by_order_id ON order_lines_by_order_id.order_lines_by_order_id_order_id = customers.customer_id
LEFT JOIN visits_by_customer_id ON visits_by_customer_id.visits_by_customer_id_customer_id = customers.customer_id
LEFT JOIN orders_by_customer_id ON orders_by_customer_id.orders_by_customer_id_customer_id = customers.customer_id
ORDER BY customers.row_no
-- level: Flat; orders(customer_id, amount); customers(customer_id, segment + row_no); order_lines(order_id, quantity); visits(customer_id, score)

-- obligation: pandas would read an integer column with NULL as floats
WITH order_lines_by_order_id AS (
    -- one row per order id
    SELECT order_id AS order_lines_by_order_id_order_id, sum(quantity) AS value
    FROM order_lines
    GROUP BY order_id
),
visits_2 AS (
    SELECT customer_id, nanvl(score, NULL) + 0.0 AS score
    FROM visits
),
visits_by_customer_id AS (
    -- one row per customer id; from the rows of visits_2 that pass the filter
    SELECT customer_id AS visits_by_customer_id_customer_id
    FROM visits_2
    WHERE score > 1
    GROUP BY customer_id
),
orders_by_customer_id AS (
    -- one row per customer id
    SELECT customer_id AS orders_by_customer_id_customer_id
    FROM orders
    GROUP BY customer_id
)
SELECT order_lines_by_order_id.value AS quantity
FROM customers
LEFT JOIN order_lines_by_order_id ON order_lines_by_order_id.order_lines_by_order_id_order_id = customers.customer_id
LEFT JOIN visits_by_customer_id ON visits_by_customer_id.visits_by_customer_id_customer_id = customers.customer_id
LEFT JOIN orders_by_customer_id ON orders_by_customer_id.orders_by_customer_id_customer_id = customers.customer_id
WHERE order_lines_by_order_id.value IS NULL
