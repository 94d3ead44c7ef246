WITH windowed AS (
    -- each row with what stands around it
    SELECT
        order_id,
        customer_id,
        CAST(amount AS DOUBLE) AS amount,
        CAST(placed_on AS VARCHAR) AS placed_on,
        1 AS quantity_one,
        count(1) OVER (ORDER BY row_no ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS whole,
        row_no
    FROM orders
),
windowed_2 AS (
    -- each row with what stands around it among those of its customer id
    SELECT
        order_id,
        amount,
        placed_on,
        whole,
        sum(quantity_one) OVER (PARTITION BY customer_id ORDER BY placed_on, row_no ROWS BETWEEN 1 PRECEDING AND 1 FOLLOWING) AS near,
        customer_id AS windowed_sort_key,
        row_no
    FROM windowed
),
running AS (
    -- float sums, added row by row
    SELECT
        order_id,
        amount,
        placed_on,
        whole,
        near,
        windowed_sort_key AS windowed_2_sort_key,
        row_no,
        sum(amount) OVER (ORDER BY placed_on, order_id, windowed_sort_key, row_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS running_running
    FROM windowed_2
),
windowed_3 AS (
    -- each row with what stands around it
    SELECT
        order_id,
        amount,
        whole,
        near,
        last_value(running_running) OVER (PARTITION BY placed_on, order_id ORDER BY windowed_2_sort_key, row_no ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS running,
        placed_on AS running_sort_key,
        windowed_2_sort_key AS running_sort_key_2,
        row_no
    FROM running
)
SELECT order_id, amount, running, near, whole
FROM windowed_3
ORDER BY running_sort_key, order_id, running_sort_key_2, row_no
-- level: Window; orders(order_id, customer_id, amount, placed_on + row_no)
