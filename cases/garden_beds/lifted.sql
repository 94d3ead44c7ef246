== weeks.sql
WITH pickings_2 AS (
    SELECT
        bed,
        picked_on,
        grams,
        row_no,
        date_part('isoyear', picked_on) AS key_2,
        date_part('week', picked_on) AS key_3
    FROM pickings
)
SELECT bed, key_2 AS iso_year, key_3 AS iso_week, sum(grams) AS grams
FROM pickings_2
GROUP BY bed, key_2, key_3
ORDER BY min(row_no)
