-- What one generation costs against another, per group of dimensions; groups that did not change are left out.
SELECT {shown},
  b.billed AS BilledCostBefore, a.billed AS BilledCostAfter,
  coalesce(a.billed, 0) - coalesce(b.billed, 0) AS BilledCostChange,
  b.effective AS EffectiveCostBefore, a.effective AS EffectiveCostAfter,
  coalesce(a.effective, 0) - coalesce(b.effective, 0) AS EffectiveCostChange
FROM {after} a FULL JOIN {before} b ON {same}
WHERE a.billed IS DISTINCT FROM b.billed OR a.effective IS DISTINCT FROM b.effective
ORDER BY abs(BilledCostChange) DESC, abs(EffectiveCostChange) DESC, {order}
