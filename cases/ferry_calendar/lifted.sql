== calendar.sql
WITH days AS (
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
SELECT days.d, count(sailings.sailing) AS sailings
FROM days
LEFT JOIN sailings ON CAST(sailings.day AS VARCHAR) = days.d
GROUP BY days.d
ORDER BY days.d
