WITH first_of_segment_ranked AS (
    -- the rows of each segment numbered from the first
    SELECT
        customer_id,
        region,
        segment,
        row_no,
        row_number() OVER (PARTITION BY segment ORDER BY row_no) AS nth
    FROM customers
)
SELECT customer_id, region, segment
FROM first_of_segment_ranked
WHERE nth = 1
  AND region IS NULL
ORDER BY row_no
-- level: Window; customers(customer_id, region, segment + row_no)
