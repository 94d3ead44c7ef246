== result.sql
WITH different AS (
    SELECT km, min(row_no) AS first_seen
    FROM rides
    GROUP BY km
),
ranked AS (
    SELECT
        different.km,
        bands.band,
        bands.low,
        bands.high,
        bands.cents,
        row_number() OVER (PARTITION BY different.km ORDER BY different.first_seen, bands.row_no) AS nth
    FROM different
    CROSS JOIN bands
    WHERE bands.low <= different.km
      AND different.km < bands.high
),
ranked_2 AS (
    SELECT zone, factor, row_number() OVER (PARTITION BY zone ORDER BY row_no) AS nth
    FROM zones
),
joined AS (
    SELECT
        rides.ride,
        rides.km,
        rides.zone,
        ranked.low,
        ranked.high,
        ranked.band,
        ranked.cents,
        ranked.km IS NOT NULL AS in_dictionary,
        ranked_2.zone AS dictionary_zone,
        ranked_2.factor,
        ranked_2.zone IS NOT NULL AS in_dictionary_2,
        rides.row_no
    FROM rides
    LEFT JOIN ranked ON ranked.km = rides.km AND ranked.nth = 1
    LEFT JOIN ranked_2 ON ranked_2.zone = rides.zone AND ranked_2.nth = 1
)
SELECT
    ride,
    CASE WHEN in_dictionary THEN band ELSE 'beyond' END AS band,
    CASE WHEN in_dictionary THEN cents ELSE 999 END * CASE WHEN in_dictionary_2 AND dictionary_zone = zone THEN factor ELSE 9 END AS cents
FROM joined
WHERE NOT in_dictionary OR low <= km AND km < high
