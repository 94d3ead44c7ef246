WITH days AS (
    -- rows written in the legacy code
    SELECT column1 AS d, column2 AS row_position
    FROM (VALUES
        ('2024-01-01', 0),
        ('2024-01-02', 1),
        ('2024-01-03', 2),
        ('2024-01-04', 3),
        ('2024-01-05', 4),
        ('2024-01-06', 5),
        ('2024-01-07', 6),
        ('2024-01-08', 7),
        ('2024-01-09', 8),
        ('2024-01-10', 9)
    )
)
SELECT days.d, count(orders.order_id) AS n
FROM days
LEFT JOIN orders ON CAST(orders.placed_on AS VARCHAR) = days.d
GROUP BY days.d
ORDER BY days.d
-- level: Flat; orders(order_id, placed_on)
