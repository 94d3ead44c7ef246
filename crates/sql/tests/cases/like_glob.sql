SELECT order_id
FROM orders
WHERE translate(status, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') LIKE 'o%n' OR sqlite_like_escape(status, '%b\%%', '\') <> 0 OR sqlite_glob(status, 'd*') <> 0 OR NOT (translate(status, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') LIKE '_p%')
ORDER BY row_no
-- level: Flat; orders(order_id, status + row_no)
