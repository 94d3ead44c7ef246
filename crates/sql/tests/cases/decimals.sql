SELECT
    customer_id,
    sum(quantize(amount * CAST(0.015 AS DECIMAL(4, 3)), 2, 'ROUND_HALF_UP')) AS fees,
    first_value(CAST(amount AS VARCHAR) ORDER BY row_no) AS first_text,
    last_value(CAST(amount AS VARCHAR) ORDER BY row_no) AS last_text
FROM orders
GROUP BY customer_id
ORDER BY min(row_no)
-- level: Flat; orders(customer_id, amount + row_no)
