WITH by_region_ranked AS (
    -- the rows of each region numbered from the last
    SELECT region, points, row_number() OVER (PARTITION BY region ORDER BY row_no DESC) AS nth
    FROM customers
)
SELECT orders.order_id, by_region_ranked.points, by_region_ranked.points IS NOT NULL AS found
FROM orders
LEFT JOIN by_region_ranked ON (by_region_ranked.region IS NOT DISTINCT FROM orders.status) AND by_region_ranked.nth = 1
ORDER BY orders.row_no
-- level: Window; orders(order_id, status + row_no); customers(region, points + row_no)
