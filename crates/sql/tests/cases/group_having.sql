SELECT
    segment,
    region,
    count(*) AS customers,
    count(region) AS known,
    sum(points) AS total_points
FROM customers
GROUP BY segment, region
HAVING count(*) > 1
ORDER BY customers DESC, segment, region NULLS FIRST
-- level: Flat; customers(region, segment, points)
