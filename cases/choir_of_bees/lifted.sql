== report.sql
SELECT
    hive,
    max(grams) AS grams,
    first_value(CAST(weighed_on AS VARCHAR) ORDER BY grams DESC, row_no) AS weighed_on,
    translate(first_value(note ORDER BY grams DESC, row_no), 'abcdefghijklmnopqrstuvwxyz', 'ABCDEFGHIJKLMNOPQRSTUVWXYZ') AS note,
    count(*) AS weighings
FROM weighings
GROUP BY hive
HAVING max(grams) > 12000
ORDER BY hive
