SELECT order_id, status
FROM orders
ORDER BY CASE WHEN status = 'open' THEN 0 WHEN status = 'done' THEN 1 ELSE 2 END, character_length(status) DESC NULLS LAST, translate(translate(status, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz'), 'ABCDEFGHIJKLMNOPQRSTUVWXYZ', 'abcdefghijklmnopqrstuvwxyz') NULLS FIRST, order_id, row_no
-- level: Flat; orders(order_id, status + row_no)
