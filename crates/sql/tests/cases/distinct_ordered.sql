SELECT region, segment
FROM customers
GROUP BY region, segment
ORDER BY min(row_no)
-- level: Flat; customers(region, segment + row_no)
