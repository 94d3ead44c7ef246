SELECT segment, first_value(region ORDER BY row_no) AS region, count(*) AS n
FROM customers
GROUP BY segment
ORDER BY segment
-- level: Flat; customers(region, segment + row_no)
