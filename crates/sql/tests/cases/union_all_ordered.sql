WITH combined AS (
    -- 2 parts, one after the other
    SELECT
        order_id AS id,
        CAST(amount AS DOUBLE) AS value,
        'order' AS what,
        1 AS branch,
        row_no AS row_position
    FROM orders
    UNION ALL
    SELECT
        visit_id AS id,
        nanvl(score, NULL) + 0.0 AS value,
        'visit' AS what,
        2 AS branch,
        row_no AS row_position
    FROM visits
)
SELECT id, value, what
FROM combined
ORDER BY what, value + 0.0 DESC NULLS LAST, id, branch, row_position
-- level: Flat; orders(order_id, amount + row_no); visits(visit_id, score + row_no)
