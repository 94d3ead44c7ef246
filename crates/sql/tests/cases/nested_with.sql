WITH labelled AS (
    SELECT
        segment,
        coalesce(region, 'Unassigned') AS region,
        points,
        CASE WHEN points >= 5000 THEN 1 ELSE 0 END AS vip
    FROM customers
)
SELECT segment, region, count(*) AS customers, sum(vip) AS vips, sum(points) AS total_points
FROM labelled
GROUP BY segment, region
ORDER BY segment, region
-- level: Flat; customers(region, segment, points)
