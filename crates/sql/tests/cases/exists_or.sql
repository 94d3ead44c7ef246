WITH customer_id_in_visits AS (
    SELECT DISTINCT customer_id
    FROM visits
),
joined AS (
    -- customers joined with customer_id_in_visits
    SELECT
        customers.customer_id,
        customers.points,
        customer_id_in_visits.customer_id IS NOT NULL AS in_customer_id_in_visits,
        customers.row_no
    FROM customers
    LEFT JOIN customer_id_in_visits ON customer_id_in_visits.customer_id = customers.customer_id
)
SELECT customer_id
FROM joined
WHERE points > 4 OR in_customer_id_in_visits
ORDER BY row_no
-- level: Flat; customers(customer_id, points + row_no); visits(customer_id)
