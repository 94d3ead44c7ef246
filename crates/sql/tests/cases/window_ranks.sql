WITH windowed AS (
    -- each row with what stands around it
    SELECT
        order_id,
        status,
        CAST(ntile(3) OVER (ORDER BY status NULLS FIRST, order_id, row_no) AS BIGINT) AS t,
        row_no
    FROM orders
),
windowed_2 AS (
    -- each row with what stands around it
    SELECT
        order_id,
        t,
        CAST(rank() OVER (ORDER BY status NULLS FIRST) AS BIGINT) AS r,
        CAST(dense_rank() OVER (ORDER BY status NULLS FIRST) AS BIGINT) AS d,
        status AS windowed_sort_key,
        row_no
    FROM windowed
)
SELECT order_id, r, d, t
FROM windowed_2
ORDER BY order_id, windowed_sort_key NULLS FIRST, row_no
-- level: Window; orders(order_id, status + row_no)
