/** All counts are in one object: each is one number, whoever counted. */
export const METRICS_OBJECT = 'metrics';
