import { describe, expect, it } from 'vitest';
import type { OperationalEvent } from '../../../src/core/event.ts';
import type { JsonObject } from '../../../src/core/jose.ts';
import { withOpenTelemetryNames, withOwnNames } from '../../../src/telemetry/opentelemetry-names.ts';
import { newRequestEvent, type RequestEvent } from '../../../src/telemetry/request-event.ts';
import { ARRIVAL } from '../../fixtures/arrival.ts';

/** As the log has it. */
function logged(event: RequestEvent | OperationalEvent): JsonObject {
  let line = '';
  withOpenTelemetryNames((named) => {
    line = JSON.stringify(named);
  })(event);
  return JSON.parse(line);
}
const anEvent = (fields: Partial<RequestEvent> = {}): RequestEvent => ({
  ...newRequestEvent('GET', ARRIVAL),
  host: 'api.example',
  path: '/orders',
  ...fields,
});

const WHOLE: Partial<RequestEvent> = {
  ray: '8a1b',
  client: '203.0.113.7',
  route: 'orders',
  decision: 'denied',
  reason: 'expired',
  evidence: 'exp',
  wouldRefuse: 'revoked',
  status: 401,
  issuer: 'acme',
  audience: ['a', 'b'],
  expiresAt: 1,
  unverified: { issuer: 'https://id.example', audience: 'x', expiresAt: 2 },
  kid: 'k',
  revocation: 'checked',
  replicaAgeSeconds: 3,
  omitted: ['X-A'],
  verifyMs: 0,
  revocationMs: 1,
  originMs: 2,
  totalMs: 3,
};

describe('a request under OpenTelemetry’s names', () => {
  it('has those of the HTTP semantic conventions, and a prefix before all others', () => {
    const line = logged(anEvent({ ...WHOLE, host: 'api.example:8443' }));
    expect(line).toMatchObject({
      event: 'request',
      'http.request.method': 'GET',
      'server.address': 'api.example',
      'server.port': 8443,
      'url.path': '/orders',
      'client.address': '203.0.113.7',
      'http.response.status_code': 401,
      'error.type': 'expired',
      trace_id: ARRIVAL.reference,
      'portcullis.route': 'orders',
      'portcullis.would_refuse': 'revoked',
      'portcullis.origin_ms': 2,
    });
    const others = Object.keys(line).filter(
      (name) => !/^(http|server|url|client|error|portcullis)\./.test(name),
    );
    expect(others.toSorted()).toEqual(['event', 'time', 'trace_id']);
  });

  it('has each field that the conventions have no name for under its own, after the prefix', () => {
    const line = logged(anEvent(WHOLE));
    const { client, reason, status, ...ours } = WHOLE;
    const expected = Object.entries(ours).map(([field, value]) => [
      `portcullis.${field.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`,
      value,
    ]);
    const told = Object.entries(line).filter(([name]) => name.startsWith('portcullis.'));
    expect(Object.fromEntries(told)).toEqual(Object.fromEntries(expected));
  });

  it('has neither an error nor a status where there was none', () => {
    const line = logged(anEvent({ decision: 'allowed', reason: null, status: 0 }));
    expect(Object.keys(line)).not.toContain('error.type');
    expect(Object.keys(line)).not.toContain('http.response.status_code');
    expect(Object.keys(line)).not.toContain('server.port');
  });

  it('has a method that the conventions do not know beside the word for others', () => {
    expect(logged({ ...anEvent(), method: 'BREW' })).toMatchObject({
      'http.request.method': '_OTHER',
      'http.request.method_original': 'BREW',
    });
  });

  it('leaves every other event as it is', () => {
    const event = { event: 'jwks_refreshed', level: 'info', issuer: 'acme' } as const;
    expect(logged(event)).toEqual(event);
  });
});

describe('a line read back', () => {
  it.each<[string, Partial<RequestEvent>]>([
    ['with everything', WHOLE],
    ['with nothing but where it went', {}],
    ['with a port', { host: 'api.example:8443' }],
    ['for an IPv6 address', { host: '[2001:db8::1]' }],
    ['for an IPv6 address with a port', { host: '[2001:db8::1]:8443' }],
    ['of another method', { method: 'BREW' }],
    ['that nobody was there for', { status: 0, decision: 'failed', reason: 'client_disconnected' }],
  ])('says the same: %s', (_what, fields) => {
    const event = anEvent(fields);
    expect(withOwnNames(logged(event))).toEqual(JSON.parse(JSON.stringify(event)));
  });

  it('that has the gateway’s own names is as it was', () => {
    const line = JSON.parse(JSON.stringify(anEvent(WHOLE)));
    expect(withOwnNames(line)).toBe(line);
  });
});
