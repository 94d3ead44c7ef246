WITH ranked AS (
    -- each row with what stands around it among those of its customer id
    SELECT
        order_id,
        customer_id,
        CAST(amount AS DOUBLE) AS amount,
        CAST(row_number() OVER (PARTITION BY customer_id ORDER BY CAST(placed_on AS VARCHAR) DESC, order_id, row_no) AS BIGINT) AS rn,
        CAST(placed_on AS VARCHAR) AS sort_key,
        row_no
    FROM orders
)
SELECT customer_id, order_id, amount
FROM ranked
WHERE rn = 1
ORDER BY customer_id, sort_key DESC, order_id, row_no
-- level: Window; orders(order_id, customer_id, amount, placed_on + row_no)
