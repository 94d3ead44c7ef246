SELECT customer_id, region
FROM customers
WHERE NOT EXISTS (SELECT 1 FROM orders WHERE orders.customer_id = customers.customer_id AND (orders.status IS NOT DISTINCT FROM customers.region))
GROUP BY customer_id, region
ORDER BY customer_id, region NULLS FIRST, min(row_no)
-- level: Flat; orders(customer_id, status); customers(customer_id, region + row_no)
