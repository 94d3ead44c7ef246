== marks.sql
WITH marks_base AS (
    SELECT mark, sqlite_instr(mark, '-') AS dash, title, copies, row_no
    FROM books
)
SELECT
    mark,
    sqlite_int_of_text(mark) AS number,
    dash,
    sqlite_substring(mark, dash + 1) AS tail,
    sqlite_substring(title, -4, 3) AS piece,
    sqlite_trim_of(title, ' x') AS title,
    character_length(btrim(title)) AS letters,
    replace(translate(title, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'), 'a', '4') AS coded,
    sqlite_hex(substr(title, 1, 2)) AS bytes,
    CAST(copies AS VARCHAR) || ' of ' || CAST(character_length(mark) AS VARCHAR) AS words
FROM marks_base
ORDER BY row_no
