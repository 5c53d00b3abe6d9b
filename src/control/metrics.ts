import { RATE_EXCEEDED, UNAVAILABLE } from '../http/fault.ts';
import { problemAnswer } from '../http/problem.ts';
import { provesSecret } from '../http/secret.ts';
import { CONTENT_TYPES, formatFor, renderMetrics } from '../metrics/open-metrics.ts';
import type { ControlPorts } from './ports.ts';

/** Longer than any token that is sensible; what is longer is not looked at. */
const MAX_AUTHORIZATION = 1_024;

/**
 * `GET /metrics`: what the gateway has counted, in OpenMetrics or in the older text format, for whoever bears the scrape
 * token (RFC 6750 §2.1). Not configured, it is as if there were nothing at this path.
 */
export async function scrape(
  request: Request,
  { metrics, storeName, withinRate, emit }: ControlPorts,
): Promise<Response> {
  if (metrics === undefined) return problemAnswer({ status: 404, detail: 'There is nothing here.' });
  if (request.method !== 'GET') {
    const headers = { Allow: 'GET' };
    return problemAnswer({ status: 405, detail: 'The method is not allowed here.', headers });
  }
  if (!(await withinRate(`ip:${request.headers.get('CF-Connecting-IP') ?? ''}`))) {
    return problemAnswer(RATE_EXCEEDED);
  }
  if (!(await provesSecret(bearerOf(request.headers.get('Authorization')), metrics.token))) {
    const headers = { 'WWW-Authenticate': 'Bearer realm="metrics"' };
    return problemAnswer({ status: 401, detail: 'The scrape token is needed.', headers });
  }
  const format = formatFor(request.headers.get('Accept'));
  try {
    const { series, lastAt, gauges } = await metrics.read();
    return new Response(renderMetrics(series, { store: storeName, lastAt, gauges }, format), {
      headers: {
        'Content-Type': CONTENT_TYPES[format],
        'Cache-Control': 'no-store',
        'X-Content-Type-Options': 'nosniff',
        Vary: 'Accept',
      },
    });
  } catch {
    emit({ event: 'metrics_unavailable', level: 'warn' });
    return problemAnswer(UNAVAILABLE);
  }
}

const bearerOf = (authorization: string | null): string =>
  authorization === null || authorization.length > MAX_AUTHORIZATION
    ? ''
    : (/^bearer +(\S+)$/i.exec(authorization)?.[1] ?? '');
