== known.sql
WITH jars_2 AS (
    SELECT
        jar,
        CASE WHEN CASE WHEN CASE WHEN label IS NULL THEN NULL ELSE py_strip(label) END IS NULL THEN NULL ELSE py_title(CASE WHEN label IS NULL THEN NULL ELSE py_strip(label) END) END IS NULL THEN 'no label' ELSE CASE WHEN CASE WHEN label IS NULL THEN NULL ELSE py_strip(label) END IS NULL THEN NULL ELSE py_title(CASE WHEN label IS NULL THEN NULL ELSE py_strip(label) END) END END AS label,
        fruit,
        grams,
        CASE WHEN fruit = 'pl' THEN 'plum' WHEN fruit = 'st' THEN 'strawberry' ELSE NULL END AS fruit_name,
        row_no
    FROM jars
)
SELECT jar, label, fruit_name, grams, left(label, 4) AS short
FROM jars_2
WHERE fruit_name IS NOT NULL
  AND (grams >= 150 AND grams <= 400 OR fruit = 'pl')
ORDER BY row_no
