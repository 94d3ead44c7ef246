SELECT customer_id
FROM orders
WHERE EXISTS (SELECT 1 FROM visits WHERE visits.customer_id = orders.customer_id)
GROUP BY customer_id
ORDER BY customer_id DESC, min(row_no)
LIMIT 3
-- level: Flat; orders(customer_id + row_no); visits(customer_id)
