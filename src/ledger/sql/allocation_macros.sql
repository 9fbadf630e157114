-- Exact shares: a number as whole units of its last decimal, and back.
CREATE TEMP MACRO outlay_units22(x) AS CAST(replace(CAST(CAST(x AS DECIMAL(38,22)) AS VARCHAR), '.', '') AS HUGEINT);
CREATE TEMP MACRO outlay_units16(x) AS CAST(replace(CAST(CAST(x AS DECIMAL(38,16)) AS VARCHAR), '.', '') AS HUGEINT);
CREATE TEMP MACRO outlay_of22(units) AS CAST(CAST(units AS DECIMAL(38,0)) * CAST(0.0000000000000000000001 AS DECIMAL(22,22)) AS DECIMAL(38,22));
CREATE TEMP MACRO outlay_of16(units) AS CAST(CAST(units AS DECIMAL(38,0)) * CAST(0.0000000000000001 AS DECIMAL(16,16)) AS DECIMAL(38,16));
CREATE TEMP MACRO outlay_share(units, weight, whole) AS (units // whole) * weight + ((units % whole) * weight) // whole;
