WITH last_of_status_ranked AS (
    -- the rows of each status numbered from the last
    SELECT
        order_id,
        status,
        row_number() OVER (PARTITION BY status ORDER BY row_no DESC) AS nth,
        min(row_no) OVER (PARTITION BY status) AS first_seen
    FROM orders
)
SELECT status, order_id
FROM last_of_status_ranked
WHERE nth = 1
ORDER BY first_seen
-- level: Window; orders(order_id, status + row_no)
