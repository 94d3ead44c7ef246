WITH combined AS (
    -- 2 parts, one after the other
    SELECT order_id AS id, status AS label, 1 AS branch, row_no AS row_position
    FROM orders
    WHERE amount >= 100
    UNION ALL
    SELECT customer_id AS id, segment AS label, 2 AS branch, row_no AS row_position
    FROM customers
)
SELECT id, label
FROM combined
ORDER BY label DESC NULLS LAST, id, branch, row_position
-- level: Flat; orders(order_id, status, amount + row_no); customers(customer_id, segment + row_no)
