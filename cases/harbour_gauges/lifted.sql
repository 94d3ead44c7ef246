== levels.sql
WITH found AS (
    SELECT gauges.port, readings.gauge, max(readings.cm - gauges.zero_cm) AS highest
    FROM readings
    JOIN gauges ON gauges.gauge = readings.gauge
    WHERE readings.as_of = (SELECT effective_date FROM run_parameters)
      AND readings.cm > 0
    GROUP BY gauges.port, readings.gauge
)
SELECT
    port,
    gauge,
    highest,
    CASE WHEN highest >= 450 THEN 'flood' WHEN highest >= 350 THEN 'high' ELSE '' END AS warning
FROM found
ORDER BY port, gauge
