SELECT
  blob2 AS route,
  sum(_sample_interval * double16) / sum(_sample_interval * (double1 + double2 + double3 + double4 + double5
    + double6 + double7 + double8 + double9 + double10 + double11 + double12 + double13 + double14 + double15)) AS mean_seconds
FROM portcullis
WHERE index1 = 'portcullis_request_duration_seconds' AND timestamp > NOW() - INTERVAL '1' HOUR
GROUP BY route
ORDER BY mean_seconds DESC
