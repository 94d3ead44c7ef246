SELECT
    customer_id,
    first_value(order_id ORDER BY CAST(amount AS DOUBLE) DESC, row_no) AS order_id,
    first_value(status ORDER BY CAST(amount AS DOUBLE) DESC, row_no) AS status,
    max(CAST(amount AS DOUBLE)) AS largest
FROM orders
GROUP BY customer_id
ORDER BY customer_id
-- level: Flat; orders(order_id, customer_id, status, amount + row_no)
