WITH k AS (
    -- different rows, each where it first appears
    SELECT status AS kind, min(row_no) AS first_seen
    FROM orders
    GROUP BY status
)
SELECT customers.customer_id, k.kind
FROM customers
CROSS JOIN k
ORDER BY customers.row_no, k.first_seen
-- level: Flat; orders(status + row_no); customers(customer_id + row_no)
