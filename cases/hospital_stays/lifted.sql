== nights.sql
WITH titles_ranked AS (
    SELECT
        ward,
        title AS titles,
        row_number() OVER (PARTITION BY ward ORDER BY row_no DESC) AS nth
    FROM wards
),
joined AS (
    SELECT
        stays.stay_id,
        stays.patient,
        stays.ward,
        stays.admitted,
        stays.discharged,
        stays.emergency,
        CASE WHEN stays.discharged IS NULL THEN (SELECT effective_date FROM run_parameters) ELSE stays.discharged END - stays.admitted AS nights,
        titles_ranked.titles,
        titles_ranked.ward IS NOT NULL AS in_titles,
        stays.row_no
    FROM stays
    LEFT JOIN titles_ranked ON titles_ranked.ward = stays.ward AND titles_ranked.nth = 1
)
SELECT
    stay_id,
    patient,
    CASE WHEN in_titles THEN titles ELSE 'ward ' || ward END AS ward,
    nights,
    CASE WHEN discharged IS NULL THEN 'open' ELSE 'closed' END AS state,
    CASE WHEN emergency AND nights > 7 THEN 'E2' WHEN emergency AND NOT (nights > 7) THEN 'E1' WHEN NOT emergency AND nights = 0 THEN 'DAY' WHEN NOT emergency AND nights <> 0 AND 1 <= nights AND nights <= 3 THEN 'SHORT' ELSE 'LONG' END AS band
FROM joined
WHERE admitted IS NOT NULL
  AND NOT (nights < 0)
ORDER BY row_no
