SELECT customer_id, first_value(status ORDER BY row_no) AS status, count(*) AS n
FROM orders
GROUP BY customer_id
ORDER BY customer_id
-- level: Flat; orders(customer_id, status + row_no)
