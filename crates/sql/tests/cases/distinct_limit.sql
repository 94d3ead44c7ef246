SELECT segment, region
FROM customers
GROUP BY region, segment
ORDER BY segment DESC, region NULLS FIRST, min(row_no)
LIMIT 5
-- level: Flat; customers(region, segment + row_no)
