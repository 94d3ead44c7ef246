SELECT segment, count(*) AS n
FROM customers
GROUP BY segment
ORDER BY n DESC, segment DESC
-- level: Flat; customers(segment)
