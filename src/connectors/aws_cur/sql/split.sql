-- Split cost allocation (EKS, ECS): a machine's row becomes the shares of its pods or tasks and what is left of it. The
-- shares of every cost and quantity are whole units of its last decimal, so that they add up to the row exactly.
splits AS MATERIALIZED (
  SELECT x_File AS s_file, x_Row AS s_row, {bare_parent} AS split_parent, usage_start AS s_start, resource_id AS pod, tags AS pod_tags,
    operation AS s_operation, usage_type AS s_usage_type, split_usage AS s_usage,
    CAST(replace(CAST(CAST(greatest(coalesce(split_cost, 0) + coalesce(split_unused_cost, 0), 0) AS DECIMAL(38,12)) AS VARCHAR),
      '.', '') AS HUGEINT) AS weight
  FROM kept
  WHERE split_parent IS NOT NULL AND coalesce(TRY_CAST(unblended_cost AS DECIMAL(38,22)), 0) = 0
),
-- A machine's hour may be several rows (partly covered by a plan); its pods share in all of them.
machines AS MATERIALIZED (
  SELECT "ResourceId" AS machine, "ChargePeriodStart" AS m_start, sum(weight) AS split_weight,
    max(basis) AS basis
  FROM (SELECT {bare_machine} AS "ResourceId", "ChargePeriodStart", sum(CAST(replace(CAST(CAST(greatest(coalesce(
      TRY_CAST(split_basis AS DECIMAL(38,22)), 0), 0) AS DECIMAL(38,12)) AS VARCHAR), '.', '') AS HUGEINT)) AS basis
    FROM charged WHERE is_machine AND split_parent IS NULL GROUP BY ALL)
  JOIN splits ON split_parent = "ResourceId" AND s_start = "ChargePeriodStart"
  GROUP BY ALL
),
parents AS MATERIALIZED (
  SELECT charged.*, greatest(machines.basis, split_weight, 1) AS whole, split_weight, machine AS machine_id
  FROM charged JOIN machines ON machine = {bare_machine} AND m_start = "ChargePeriodStart"
  WHERE is_machine AND charged.split_parent IS NULL
),
shares AS MATERIALIZED (
  SELECT p.*, s.* EXCLUDE (split_parent), row_number() OVER (PARTITION BY p.x_File, p.x_Row ORDER BY weight DESC, s_file, s_row) AS place,
    {shares}
  FROM parents p JOIN splits s ON s.split_parent = p.machine_id AND s.s_start = p."ChargePeriodStart"
),
-- What whole units leave over goes to the largest share when nothing of the machine is unallocated.
left_over AS (
  SELECT x_File, x_Row, {sums} FROM shares GROUP BY ALL
),
final AS NOT MATERIALIZED (
  SELECT * EXCLUDE (split_parent, split_basis, is_machine) FROM charged
  WHERE split_parent IS NULL AND NOT (is_machine AND ({bare_machine}, "ChargePeriodStart") IN (SELECT (machine, m_start) FROM machines))
  UNION ALL BY NAME
  SELECT p.* EXCLUDE (split_parent, split_basis, is_machine, whole, split_weight, machine_id)
    REPLACE ({rests}, 'aws-split-cost-allocation' AS "AllocatedMethodId")
  FROM parents p JOIN left_over l USING (x_File, x_Row)
  UNION ALL BY NAME
  SELECT * EXCLUDE (split_parent, split_basis, is_machine, whole, split_weight, machine_id, s_file, s_row, s_start, pod, pod_tags,
      s_operation, s_usage_type, s_usage, weight, place, {part_names}, {left_names})
    REPLACE (s_file AS x_File, s_row AS x_Row, {parts}, 'aws-split-cost-allocation' AS "AllocatedMethodId",
      pod AS "AllocatedResourceId", regexp_extract(pod, '[^/]+$') AS "AllocatedResourceName",
      coalesce(CAST(json_merge_patch(CAST(coalesce("Tags", '{}') AS JSON), CAST(coalesce(pod_tags, '{}') AS JSON)) AS VARCHAR), '{}') AS "AllocatedTags",
      '{"Elements":[{"AllocatedRatio":' || CAST(CAST(weight * 1000000000000 // whole AS DECIMAL(38,0))
        * CAST(0.000000000001 AS DECIMAL(12,12)) AS VARCHAR)
        || coalesce(',"UsageUnit":' || CAST(to_json(regexp_extract(s_usage_type, '[^-]+-Hours$')) AS VARCHAR)
        || ',"UsageQuantity":' || CAST(TRY_CAST(s_usage AS DECIMAL(38,16)) AS VARCHAR), '') || '}]}' AS "AllocatedMethodDetails")
  FROM (SELECT s.*, {left_columns} FROM shares s JOIN left_over l USING (x_File, x_Row))
)
