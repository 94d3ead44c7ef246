== result.sql
SELECT sailings.sailing, sailings.port, freight.item, freight.kg
FROM sailings
JOIN freight ON freight.sailing = sailings.sailing
