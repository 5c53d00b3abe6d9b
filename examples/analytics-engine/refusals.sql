SELECT
  toStartOfInterval(timestamp, INTERVAL '1' MINUTE) AS minute,
  blob2 AS route,
  blob4 AS reason,
  sum(_sample_interval * double1) AS requests
FROM portcullis
WHERE index1 = 'portcullis_requests' AND blob3 != 'allowed' AND timestamp > NOW() - INTERVAL '1' HOUR
GROUP BY minute, route, reason
ORDER BY minute, requests DESC
