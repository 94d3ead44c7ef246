== result.sql
SELECT rides.ride, lines.operator, stops.zone, CAST(rides.fare AS DOUBLE) AS fare
FROM rides
JOIN lines ON lines.line = rides.line
JOIN stops ON stops.stop = rides.stop
WHERE rides.fare > 1
ORDER BY rides.row_no, lines.row_no, stops.row_no
