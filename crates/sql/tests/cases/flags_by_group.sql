SELECT
    customer_id,
    bool_or((status IS NOT DISTINCT FROM 'open')) AS "some",
    bool_and((status IS NOT DISTINCT FROM 'open')) AS every
FROM orders
GROUP BY customer_id
ORDER BY min(row_no)
-- level: Flat; orders(customer_id, status + row_no)
