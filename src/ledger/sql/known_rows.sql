-- Raw rows of this delivery ({typed}) that stand booked ({carried}): of equal rows, as many as stand already.
WITH mine AS (
  SELECT x_File, x_Row, x_RowKey, row_number() OVER (PARTITION BY x_RowKey ORDER BY x_File, x_Row) AS n
  FROM (SELECT DISTINCT x_File, x_Row, x_RowKey FROM {typed})
),
theirs AS (
  SELECT x_RowKey, count(*) AS n FROM (SELECT DISTINCT x_File, x_Row, x_RowKey FROM ({carried})) GROUP BY ALL
)
SELECT x_File, x_Row FROM mine JOIN theirs USING (x_RowKey) WHERE mine.n <= theirs.n
