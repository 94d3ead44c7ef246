SELECT segment, count(*) AS "COUNT(*)", sum(points) AS "SUM(points)"
FROM customers
GROUP BY segment
ORDER BY segment
-- level: Flat; customers(segment, points)
