import { describe, expect, it } from 'vitest';
import { canonicalTarget } from '../../../src/routing/canonical-path.ts';
import { buildRouteTable, matchRoute } from '../../../src/routing/route-table.ts';
import { arriving, route } from './requests.ts';

const open = { authentication: 'none' } as const;
/** A public corner, a protected one, and on one host a public rest: what each of these advisories needs to bite. */
const table = buildRouteTable([
  route('/public/*', open),
  route('/admin/*'),
  route('/v1.0/status', open),
  route('internal.example/*'),
  route('open.example/*', open),
  route('open.example/admin/*'),
]);

/** The chosen route and the path it forwards, or the reason for a refusal. Headers are the client's own. */
function decide(sent: string, host?: string, headers: Record<string, string> = {}): string {
  const request = arriving(sent, host);
  for (const [name, value] of Object.entries(headers)) request.headers.set(name, value);
  const target = canonicalTarget(request);
  if (!target.ok) return target.error.reason;
  const match = matchRoute(table, 'GET', target.value);
  return match.ok ? `${match.value.route.name} gets ${match.value.target.path}` : match.error.reason;
}

describe('a path read in two ways', () => {
  it.each([
    '/public/../admin',
    '/public/../../admin',
    '/public/./../admin',
    '/public/..',
    '/public/%2e%2e/admin',
    '/public/%2E./admin',
    '/public/..%2fadmin',
    '/public/..%2Fadmin/',
    '/public/%2e%2e%2fadmin',
    '/public/..;/admin',
    '/public/;/../admin',
  ])('GHSA-p224-6x5r-fjpm (Oathkeeper), CVE-2021-27306 (Kong): traversal by %s', (sent) => {
    expect(decide(sent)).toBe('path_ambiguous');
    expect(decide(sent, 'open.example')).toBe('path_ambiguous');
  });

  it.each([
    '//admin',
    '///admin/x',
    '/%2Fadmin',
    '/%2fadmin',
    '/%5Cadmin',
    '/%5cadmin',
    '/;/admin',
    '/admin;x',
    '/%61dmin',
    '/%2561dmin',
    '/admin::$INDEX_ALLOCATION',
    '/adm%C4%B1n',
    '/admin./',
  ])('CVE-2021-31920 (Istio), CVE-2021-29492 (Envoy): the protected route by another reading, %s', (sent) => {
    expect(decide(sent)).toBe('route_not_found');
    expect(decide(sent, 'open.example')).toBe('path_ambiguous');
  });

  it.each(['//public/../admin', '/public%2F..%2Fadmin', '/public\\..\\admin'])(
    'CVE-2021-31920 (Istio), CVE-2021-29492 (Envoy): slashes repeated, escaped or turned in %s',
    (sent) => {
      expect(decide(sent)).toBe('path_ambiguous');
      expect(decide(sent, 'open.example')).toBe('path_ambiguous');
    },
  );

  it.each(['/public//admin', '/public%2Fadmin', '/public/%2Fadmin', '/public;/admin'])(
    'CVE-2021-31920 (Istio): %s goes on, as it came, only where every reading is below the open route',
    (sent) => {
      expect(decide(sent)).toBe(sent.startsWith('/public/') ? `/public/* gets ${sent}` : 'route_not_found');
      expect(decide(sent, 'open.example')).toBe(`open.example/* gets ${sent}`);
    },
  );

  it.each(['INTERNAL.example', 'Internal.Example.', 'internal.EXAMPLE:8443'])(
    'CVE-2021-39155 (Istio): the host %s in another case',
    (host) => {
      expect(decide('/anything', host)).toBe('internal.example/* gets /anything');
    },
  );

  it.each(['/admin#', '/public#/../admin', '/admin/x#y', '/#/admin'])(
    'CVE-2021-39156 (Istio): a fragment in %s',
    (sent) => {
      expect(decide(sent)).toBe('path_ambiguous');
      expect(decide(sent, 'open.example')).toBe('path_ambiguous');
    },
  );

  it.each(['/admin%23/public', '/admin%23', '/admin%3Fx', '/admin/%23/../../public'])(
    'CVE-2026-41059, GHSA-7rh7-c77v-6434 (oauth2-proxy): a delimiter escaped in %s does not leave the protected route',
    (sent) => {
      expect(decide(sent)).toMatch(/^(?:route_not_found|path_ambiguous)$/);
      expect(decide(sent, 'open.example')).toBe('path_ambiguous');
    },
  );

  it('CVE-2026-41059, GHSA-7rh7-c77v-6434 (oauth2-proxy): the query is not looked at', () => {
    expect(decide('/admin/x?/public/')).toBe('/admin/* gets /admin/x');
    expect(decide('/admin/x?a=/public/..')).toBe('/admin/* gets /admin/x');
    expect(decide('/public/x?/admin/')).toBe('/public/* gets /public/x');
    expect(decide('/other?/public/')).toBe('route_not_found');
  });

  it('CVE-2026-39350 (Istio): a dot in a route is a dot', () => {
    expect(decide('/v1.0/status')).toBe('/v1.0/status gets /v1.0/status');
    for (const sent of ['/v1x0/status', '/v1/0/status', '/v100/status'])
      expect(decide(sent)).toBe('route_not_found');
  });

  it('letter case does not leave the protected route', () => {
    expect(decide('/ADMIN/x')).toBe('route_not_found');
    expect(decide('/ADMIN/x', 'open.example')).toBe('path_ambiguous');
  });
});

describe('an exemption by a request header', () => {
  it.each([
    ['CVE-2026-40575 (oauth2-proxy)', 'X-Forwarded-Uri', '/public/x'],
    ['CVE-2026-40575 (oauth2-proxy)', 'X-Original-URL', '/public/x'],
    ['CVE-2026-40575 (oauth2-proxy)', 'X-Rewrite-URL', '/public/x'],
    ['CVE-2026-40575 (oauth2-proxy)', 'X-Forwarded-Host', 'open.example'],
    ['CVE-2026-34457 (oauth2-proxy)', 'User-Agent', 'GoogleHC/1.0'],
    ['CVE-2023-30845 (ESPv2)', 'X-HTTP-Method-Override', 'OPTIONS'],
    ['CVE-2023-30845 (ESPv2)', 'Access-Control-Request-Method', 'GET'],
  ])('%s: %s changes nothing', (_advisory, name, value) => {
    expect(decide('/admin/x', undefined, { [name]: value })).toBe('/admin/* gets /admin/x');
  });
});
