WITH windowed AS (
    -- each row with what stands around it
    SELECT
        order_id,
        status,
        CAST(row_number() OVER (ORDER BY order_id, row_no) AS BIGINT) AS row_number,
        row_no
    FROM orders
)
SELECT order_id, status
FROM windowed
WHERE row_number > 2
ORDER BY order_id, row_no
LIMIT 3
-- level: Window; orders(order_id, status + row_no)
