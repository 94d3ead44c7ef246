WITH orders_2 AS (
    SELECT
        order_id,
        customer_id,
        status,
        CAST(amount AS DOUBLE) AS amount,
        nanvl(weight, NULL) + 0.0 AS weight,
        row_no
    FROM orders
)
SELECT order_id
FROM orders_2
WHERE CASE WHEN amount > 1 THEN 1 ELSE 0 END = 1
  AND customer_id <> 0
  AND NOT (status = 'open' AND FALSE)
  AND weight >= -1
  AND weight <= 5
  AND (status IS DISTINCT FROM 'done')
ORDER BY row_no
-- level: Flat; orders(order_id, customer_id, status, amount, weight + row_no)
