== result.sql
WITH different AS (
    SELECT DISTINCT river
    FROM rivers
),
computed AS (
    SELECT different.river AS count_rivers_river, sum(readings.cm) AS water, count(*) AS count
    FROM different
    CROSS JOIN gauges
    JOIN readings ON readings.gauge = gauges.gauge
    WHERE gauges.river = different.river
    GROUP BY different.river
),
joined AS (
    SELECT
        rivers.river,
        computed.water,
        computed.count,
        computed.count_rivers_river IS NOT NULL AS in_count
    FROM rivers
    LEFT JOIN computed ON computed.count_rivers_river = rivers.river
),
result AS (
    SELECT
        river AS name,
        CASE WHEN in_count THEN water ELSE 0 END AS water,
        CASE WHEN in_count THEN count ELSE 0 END AS readings
    FROM joined
    UNION ALL
    SELECT rivers.basin AS name, -1 AS water, count(*) AS readings
    FROM rivers
    CROSS JOIN gauges
    JOIN readings ON readings.gauge = gauges.gauge
    WHERE gauges.river = rivers.river
    GROUP BY rivers.basin
)
SELECT name, water, readings
FROM result
