WITH running AS (
    -- float sums, added row by row in stored order; from the rows of orders that pass the filter
    SELECT
        row_no,
        customer_id,
        sum(CAST(amount AS DOUBLE)) OVER (PARTITION BY customer_id ORDER BY row_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running_sum_amount
    FROM orders
    WHERE status <> 'open'
),
orders_by_customer_id AS (
    -- one row per customer id
    SELECT
        customer_id AS orders_by_customer_id_customer_id,
        last_value(running_sum_amount ORDER BY row_no) AS value
    FROM running
    GROUP BY customer_id
),
running_2 AS (
    -- float sums, added row by row in stored order
    SELECT
        CAST(amount AS DOUBLE) AS amount,
        row_no,
        customer_id,
        sum(CAST(amount AS DOUBLE) * 2) OVER (PARTITION BY customer_id ORDER BY row_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running_avg
    FROM orders
),
orders_by_customer_id_2 AS (
    -- one row per customer id
    SELECT
        customer_id AS orders_by_customer_id_customer_id_2,
        last_value(running_avg ORDER BY row_no) / count(amount * 2) + 1 AS orders_by_customer_id_value
    FROM running_2
    GROUP BY customer_id
),
visits_by_customer_id_ranked AS (
    -- the rows of each customer id numbered from the first
    SELECT
        customer_id,
        note AS value,
        row_number() OVER (PARTITION BY customer_id ORDER BY row_no) AS nth
    FROM visits
),
orders_by_customer_id_ranked AS (
    -- the rows of each customer id numbered from the first
    SELECT
        customer_id,
        status AS value,
        row_number() OVER (PARTITION BY customer_id ORDER BY character_length(status) DESC NULLS LAST, row_no) AS nth
    FROM orders
)
SELECT
    customers.customer_id,
    customers.segment,
    orders_by_customer_id.value AS spent,
    sqlite_round(coalesce(orders_by_customer_id_2.orders_by_customer_id_value, 0), 1, '3.40.1') AS mean,
    visits_by_customer_id_ranked.value AS first_note,
    orders_by_customer_id_ranked.value AS longest
FROM customers
LEFT JOIN orders_by_customer_id ON orders_by_customer_id.orders_by_customer_id_customer_id = customers.customer_id
LEFT JOIN orders_by_customer_id_2 ON orders_by_customer_id_2.orders_by_customer_id_customer_id_2 = customers.customer_id
LEFT JOIN visits_by_customer_id_ranked ON visits_by_customer_id_ranked.customer_id = customers.customer_id AND visits_by_customer_id_ranked.nth = 1
LEFT JOIN orders_by_customer_id_ranked ON orders_by_customer_id_ranked.customer_id = customers.customer_id AND orders_by_customer_id_ranked.nth = 1
ORDER BY customers.row_no
-- level: Window; orders(customer_id, status, amount + row_no); customers(customer_id, segment + row_no); visits(customer_id, note + row_no)
