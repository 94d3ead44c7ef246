== catalogue.sql
SELECT
    py_format_int(lot, '04d') AS lot,
    py_format_text(name, '<9') || '|' || py_format_text(name, '>9') || '|' || py_format_text(name, '^9') || '|' || py_format_text(name, '.3') AS name,
    '''' || py_format_int(py_mod(year, 100), '02d') || ' ' || py_format_int(year, 'x') || ' ' || py_format_int(year, ',') AS year,
    py_format_float(bid, '12,.2f') || '|' || py_format_float(bid, '<10.1f') || '|' || py_format_float(bid, '+.0f') || '|' || py_format_float(bid, 'e') || '|' || py_format_float(bid, '.4g') AS bid,
    py_format_float(share, '.1%') || ' ' || py_format_float(share, '08.3f') || ' ' || py_repr(share) AS share,
    name || ' (' || py_format_int(year, '>d') || '): ' || py_format_float(bid, '>8.2f') || ' ' || py_format_float(share * 100, '>5.1f') || '%' AS old,
    py_repr_text(name) || ' lot[''lot'']=' || CAST(lot AS VARCHAR) AS repr
FROM lots
ORDER BY row_no
