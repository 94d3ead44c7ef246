== latest.sql
WITH readings_2 AS (
    SELECT patient, nurse, nanvl(celsius, NULL) AS celsius, row_no
    FROM readings
),
count AS (
    SELECT patient, count(*) AS count, min(row_no) AS first_seen
    FROM readings_2
    GROUP BY patient
),
computed AS (
    SELECT patient AS fever_patient, bool_or(coalesce(celsius >= 38.5, FALSE)) AS fever
    FROM readings_2
    WHERE celsius = celsius
    GROUP BY patient
),
last_ranked AS (
    SELECT
        patient,
        celsius AS "last",
        row_number() OVER (PARTITION BY patient ORDER BY row_no DESC) AS nth
    FROM readings_2
    WHERE celsius = celsius
),
nurse_ranked AS (
    SELECT patient, nurse, row_number() OVER (PARTITION BY patient ORDER BY row_no DESC) AS nth
    FROM readings_2
    WHERE celsius = celsius
),
joined AS (
    SELECT
        count.patient,
        count.count,
        CASE WHEN computed.fever THEN 'fever' ELSE 'normal' END AS state,
        last_ranked."last",
        last_ranked.patient IS NOT NULL AS in_last,
        nurse_ranked.nurse,
        count.first_seen
    FROM count
    LEFT JOIN computed ON computed.fever_patient = count.patient
    LEFT JOIN last_ranked ON last_ranked.patient = count.patient AND last_ranked.nth = 1
    LEFT JOIN nurse_ranked ON nurse_ranked.patient = count.patient AND nurse_ranked.nth = 1
)
SELECT
    patient,
    CASE WHEN in_last THEN "last" ELSE NULL END AS celsius,
    CASE WHEN in_last THEN nurse ELSE NULL END AS nurse,
    CASE WHEN in_last THEN state ELSE 'not measured' END AS state,
    count AS readings
FROM joined
ORDER BY first_seen
