WITH windowed AS (
    -- each row with what stands around it among those of its customer id
    SELECT
        order_id,
        customer_id,
        CAST(row_number() OVER (PARTITION BY customer_id ORDER BY CAST(placed_on AS VARCHAR) DESC, row_no) AS BIGINT) AS nth,
        CAST(placed_on AS VARCHAR) AS sort_key,
        row_no
    FROM orders
)
SELECT order_id, customer_id, nth
FROM windowed
ORDER BY customer_id, sort_key DESC, row_no
-- level: Window; orders(order_id, customer_id, placed_on + row_no)
