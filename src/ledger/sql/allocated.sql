-- Charges of Kubernetes nodes as the shares of the pods that ran on them (FOCUS allocated charges), all others as they are.
-- Weights are whole billionths; the shares of a charge are whole units of its last decimal and add up to it exactly.
WITH weights AS MATERIALIZED (
  SELECT x_Source AS w_source, regexp_extract(lower(NodeResourceId), '[^/]+$') AS node, coalesce(ClusterName, '') AS cluster,
    coalesce(Namespace, '') AS namespace, coalesce(Pod, Controller, '') AS pod, any_value(Labels) AS labels,
    ChargePeriodStart AS w_start, ChargePeriodEnd AS w_end, IsIdle = 'true' AS is_idle, WeightKind AS kind,
    CAST(sum(Weight) * 1000000000 AS HUGEINT) AS weight
  FROM kubernetes_usage
  WHERE Weight > 0 AND ChargePeriodEnd > ChargePeriodStart
  GROUP BY ALL
),
-- Idle cost that names no node belongs to the nodes of its cluster (or of all) in proportion to what ran on them.
ran AS (
  SELECT w_source, cluster, node, w_start, w_end, sum(weight) AS weight
  FROM weights WHERE NOT coalesce(is_idle, false) AND node <> ''
  GROUP BY ALL
),
busy AS (
  SELECT *, sum(weight) OVER (PARTITION BY w_source, cluster, w_start, w_end) AS of_cluster,
    sum(weight) OVER (PARTITION BY w_source, w_start, w_end) AS of_all
  FROM ran
),
idle AS (
  SELECT b.node, b.w_start, b.w_end, sum(CASE
      WHEN i.node = b.node THEN i.weight
      WHEN coalesce(i.node, '') = '' AND i.cluster = b.cluster THEN i.weight * b.weight // b.of_cluster
      WHEN coalesce(i.node, '') = '' AND i.cluster = '' THEN i.weight * b.weight // b.of_all END) AS weight
  FROM busy b JOIN weights i ON i.is_idle AND i.w_source = b.w_source AND i.w_start = b.w_start AND i.w_end = b.w_end
  GROUP BY ALL
),
parts AS (
  SELECT node, cluster, namespace, pod, labels, w_start, w_end, kind, false AS is_idle, weight FROM weights
  WHERE NOT coalesce(is_idle, false) AND node <> ''
  UNION ALL BY NAME
  SELECT node, w_start, w_end, true AS is_idle, weight FROM idle WHERE weight > 0
),
nodes AS MATERIALIZED (SELECT DISTINCT node FROM parts),
charges AS MATERIALIZED (
  SELECT row_number() OVER () AS charge, regexp_extract(lower(ResourceId), '[^/]+$') AS machine, * FROM focus
  WHERE ChargeCategory = 'Usage' AND AllocatedMethodId IS NULL AND ServiceCategory = 'Compute'
    AND CommitmentDiscountStatus IS DISTINCT FROM 'Unused'
    AND regexp_extract(lower(ResourceId), '[^/]+$') IN (SELECT node FROM nodes)
),
-- A weight counts by the minutes it shares with the charge, of those it stands for where these differ.
met AS (
  SELECT charge, cluster, namespace, pod, labels, is_idle, kind = 'share of node' AS is_share,
    weight * date_diff('minute', greatest(w_start, ChargePeriodStart), least(w_end, ChargePeriodEnd)) AS weight,
    greatest(date_diff('minute', ChargePeriodStart, ChargePeriodEnd), 1) AS minutes,
    greatest(date_diff('minute', w_start, w_end), 1) AS span
  FROM charges JOIN parts ON node = machine AND w_start < ChargePeriodEnd AND w_end > ChargePeriodStart
),
even AS (SELECT charge AS e_charge, CASE WHEN min(span) = max(span) THEN 1 END AS divisor, max(span) AS longest FROM met GROUP BY charge),
pairs AS (
  SELECT charge, cluster, namespace, pod, any_value(labels) AS labels, is_idle, coalesce(bool_or(is_share), false) AS is_share,
    sum(weight // coalesce(divisor, span)) AS weight, any_value(minutes) AS minutes, any_value(coalesce(divisor, longest)) AS divisor
  FROM met JOIN even ON e_charge = charge
  GROUP BY ALL
),
-- Shares of a node are shares of all of it for the time of the charge; costs are shares of their sum.
wholes AS (
  SELECT charge, greatest(sum(weight), CASE WHEN bool_or(is_share)
    THEN CAST(1000000000 AS HUGEINT) * max(minutes) // max(divisor) ELSE 1 END) AS whole, sum(weight) FILTER (NOT is_idle) AS given
  FROM pairs GROUP BY charge HAVING sum(weight) FILTER (NOT is_idle) > 0
),
shares AS MATERIALIZED (
  SELECT c.*, p.cluster, p.namespace, p.pod, p.labels, p.weight, w.whole, w.given,
    row_number() OVER (PARTITION BY p.charge ORDER BY p.weight DESC, cluster, namespace, pod) AS place,
    outlay_share(outlay_units22(BilledCost), weight, whole) AS billed, outlay_share(outlay_units22(EffectiveCost), weight, whole) AS effective,
    outlay_share(outlay_units22(ListCost), weight, whole) AS list, outlay_share(outlay_units22(ContractedCost), weight, whole) AS contracted,
    outlay_share(outlay_units16(PricingQuantity), weight, whole) AS priced, outlay_share(outlay_units16(ConsumedQuantity), weight, whole) AS consumed,
    outlay_share(outlay_units16(CommitmentDiscountQuantity), weight, whole) AS committed
  FROM charges c JOIN wholes w USING (charge) JOIN pairs p USING (charge)
  WHERE NOT p.is_idle
),
-- What the pods leave: idle time, and units that do not divide. Where nothing is idle the largest share takes these.
rests AS MATERIALIZED (
  SELECT charge, any_value(given >= whole) AS is_full,
    outlay_units22(any_value(BilledCost)) - sum(billed) AS r_billed, outlay_units22(any_value(EffectiveCost)) - sum(effective) AS r_effective,
    outlay_units22(any_value(ListCost)) - sum(list) AS r_list, outlay_units22(any_value(ContractedCost)) - sum(contracted) AS r_contracted,
    outlay_units16(any_value(PricingQuantity)) - sum(priced) AS r_priced, outlay_units16(any_value(ConsumedQuantity)) - sum(consumed) AS r_consumed,
    outlay_units16(any_value(CommitmentDiscountQuantity)) - sum(committed) AS r_committed
  FROM shares GROUP BY charge
)
SELECT * FROM focus f
WHERE NOT EXISTS (SELECT 1 FROM charges c JOIN rests USING (charge) WHERE c.x_Source = f.x_Source AND c.x_Period = f.x_Period
  AND c.x_File = f.x_File AND c.x_Row = f.x_Row AND c.ChargePeriodStart = f.ChargePeriodStart
  AND c.ResourceId IS NOT DISTINCT FROM f.ResourceId AND c.BilledCost IS NOT DISTINCT FROM f.BilledCost
  AND f.AllocatedMethodId IS NULL AND f.ChargeCategory = 'Usage')
UNION ALL BY NAME
SELECT s.* EXCLUDE (charge, machine, cluster, namespace, pod, labels, weight, whole, given, place, billed, effective, list,
    contracted, priced, consumed, committed)
  REPLACE (
    outlay_of22(billed + CASE WHEN place = 1 AND is_full THEN r_billed ELSE 0 END) AS BilledCost,
    outlay_of22(effective + CASE WHEN place = 1 AND is_full THEN r_effective ELSE 0 END) AS EffectiveCost,
    outlay_of22(list + CASE WHEN place = 1 AND is_full THEN r_list ELSE 0 END) AS ListCost,
    outlay_of22(contracted + CASE WHEN place = 1 AND is_full THEN r_contracted ELSE 0 END) AS ContractedCost,
    outlay_of16(priced + CASE WHEN place = 1 AND is_full THEN r_priced ELSE 0 END) AS PricingQuantity,
    outlay_of16(consumed + CASE WHEN place = 1 AND is_full THEN r_consumed ELSE 0 END) AS ConsumedQuantity,
    outlay_of16(committed + CASE WHEN place = 1 AND is_full THEN r_committed ELSE 0 END) AS CommitmentDiscountQuantity,
    'kubernetes-usage' AS AllocatedMethodId,
    concat_ws('/', nullif(cluster, ''), nullif(namespace, ''), nullif(pod, '')) AS AllocatedResourceId,
    coalesce(nullif(pod, ''), nullif(namespace, '')) AS AllocatedResourceName,
    CAST(json_merge_patch(CAST(coalesce(Tags, '{}') AS JSON), CAST(coalesce(labels, '{}') AS JSON),
      CAST(json_object('k8s:cluster', cluster, 'k8s:namespace', namespace) AS JSON)) AS VARCHAR) AS AllocatedTags,
    '{"Elements":[{"AllocatedRatio":' || CAST(CAST(weight * 1000000000 // whole AS DECIMAL(38,0))
      * CAST(0.000000001 AS DECIMAL(9,9)) AS VARCHAR) || '}]}' AS AllocatedMethodDetails)
FROM shares s JOIN rests r USING (charge)
UNION ALL BY NAME
SELECT c.* EXCLUDE (charge, machine)
  REPLACE (
    outlay_of22(CASE WHEN is_full THEN 0 ELSE r_billed END) AS BilledCost,
    outlay_of22(CASE WHEN is_full THEN 0 ELSE r_effective END) AS EffectiveCost,
    outlay_of22(CASE WHEN is_full THEN 0 ELSE r_list END) AS ListCost,
    outlay_of22(CASE WHEN is_full THEN 0 ELSE r_contracted END) AS ContractedCost,
    outlay_of16(CASE WHEN is_full THEN 0 ELSE r_priced END) AS PricingQuantity,
    outlay_of16(CASE WHEN is_full THEN 0 ELSE r_consumed END) AS ConsumedQuantity,
    outlay_of16(CASE WHEN is_full THEN 0 ELSE r_committed END) AS CommitmentDiscountQuantity,
    'kubernetes-usage' AS AllocatedMethodId)
FROM charges c JOIN rests r USING (charge)
