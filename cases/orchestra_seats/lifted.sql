== front.sql
WITH hired_by_part_ranked AS (
    SELECT
        part,
        name AS value,
        row_number() OVER (PARTITION BY part ORDER BY CAST(day AS VARCHAR), row_no) AS nth
    FROM hired
)
SELECT desks.desk, desks.part, hired_by_part_ranked.value AS leader
FROM desks
LEFT JOIN hired_by_part_ranked ON hired_by_part_ranked.part = desks.part AND hired_by_part_ranked.nth = 1
ORDER BY desks.row_no
