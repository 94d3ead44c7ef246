== result.sql
WITH tours AS (
    SELECT hall, guide, sum(people) AS people
    FROM visits
    GROUP BY hall, guide
),
tours_rows AS (
    SELECT hall, guide, people AS item
    FROM visits
    WHERE lang = 'en'
),
computed AS (
    SELECT hall AS dictionary_hall, guide AS dictionary_guide
    FROM tours_rows
    GROUP BY hall, guide
),
computed_2 AS (
    SELECT hall AS dictionary_hall_2, guide AS dictionary_guide_2, max(item) AS max
    FROM tours_rows
    GROUP BY hall, guide
),
computed_3 AS (
    SELECT hall AS dictionary_hall, guide AS dictionary_guide, count(*) AS count
    FROM tours_rows
    GROUP BY hall, guide
)
SELECT
    tours.hall,
    tours.guide,
    tours.people,
    CASE WHEN computed_3.dictionary_hall IS NOT NULL THEN computed_3.count ELSE 0 END AS english,
    CASE WHEN computed.dictionary_hall IS NOT NULL THEN computed_2.max ELSE 0 END AS largest
FROM tours
LEFT JOIN computed ON computed.dictionary_hall = tours.hall AND computed.dictionary_guide = tours.guide
LEFT JOIN computed_2 ON computed_2.dictionary_hall_2 = tours.hall AND computed_2.dictionary_guide_2 = tours.guide
LEFT JOIN computed_3 ON computed_3.dictionary_hall = tours.hall AND computed_3.dictionary_guide = tours.guide
