WITH windowed AS (
    -- each row with what stands around it among those of its product
    SELECT
        order_id,
        product,
        quantity,
        CAST(row_number() OVER (PARTITION BY product ORDER BY quantity DESC, row_no) AS BIGINT) AS place,
        lag(quantity, 1, 0) OVER (PARTITION BY product ORDER BY quantity DESC, row_no) AS before,
        coalesce(sum(quantity) OVER (PARTITION BY product ORDER BY quantity DESC, row_no ROWS BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW), 0) AS so_far,
        count(CASE WHEN quantity > 4 THEN 1 ELSE NULL END) OVER (PARTITION BY product ORDER BY quantity DESC, row_no ROWS BETWEEN UNBOUNDED PRECEDING AND UNBOUNDED FOLLOWING) AS large,
        row_no
    FROM order_lines
)
SELECT order_id, product, quantity, place, before, so_far, large
FROM windowed
ORDER BY row_no
-- level: Window; order_lines(order_id, product, quantity + row_no)
