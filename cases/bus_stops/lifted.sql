== zoned.sql
WITH zones AS (
    SELECT column1 AS zone, column2 AS fare, column3 AS row_position
    FROM (VALUES
        ('A', 240, 0),
        ('B', 310, 1)
    )
)
SELECT stops.stop, stops.name, zones.fare
FROM stops
JOIN zones ON zones.zone = stops.zone
WHERE stops.name <> 'Yard'
ORDER BY stops.stop, stops.row_no, zones.row_position
