SELECT
  blob2 AS route,
  blob3 AS decision,
  sum(_sample_interval * double1) AS requests
FROM portcullis
WHERE index1 = 'portcullis_requests' AND timestamp > NOW() - INTERVAL '1' DAY
GROUP BY route, decision
ORDER BY requests DESC
