import { describe, expect, it } from 'vitest';
import { receive } from '../../../src/core/received-request.ts';
import { describeArrival, showTarget, showUrl } from '../../../src/telemetry/arrival.ts';
import { NOW } from '../../fixtures/policies.ts';

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const OPTIONS = { logClientAddress: true, makeTraceparent: false };

const arrivalOf = (headers: Record<string, string>, options = OPTIONS) =>
  describeArrival(receive(new Request('https://api.test/orders/1', { headers })), NOW, options);

describe('describeArrival', () => {
  it('takes the trace id of a valid traceparent for its reference, and one of its own for any other', () => {
    expect(arrivalOf({ traceparent: `00-${TRACE}-b7ad6b7169203331-01` }).reference).toBe(TRACE);
    const [first, second] = [arrivalOf({ traceparent: `00-${TRACE}-x-01` }), arrivalOf({})];
    for (const { reference } of [first, second]) expect(reference).toMatch(/^[0-9a-f]{32}$/);
    expect(first.reference).not.toBe(second.reference);
  });

  it('begins a trace with a random id where it goes on to the origin', () => {
    const making = { ...OPTIONS, makeTraceparent: true };
    const [first, second] = [arrivalOf({}, making).reference, arrivalOf({}, making).reference];
    expect(first.slice(0, 24)).not.toBe(second.slice(0, 24));
    expect(arrivalOf({ traceparent: `00-${TRACE}-b7ad6b7169203331-01` }, making).reference).toBe(TRACE);
  });

  it.each([
    ['8a1b2c3d4e5f6789-FRA', '8a1b2c3d4e5f6789-FRA'],
    ['', undefined],
    ['a b', undefined],
    ['"},{"', undefined],
    ['x'.repeat(65), undefined],
  ])('takes %j for the ray %j', (header, ray) => {
    expect(arrivalOf({ 'CF-Ray': header }).ray).toBe(ray);
  });

  it('tells the client’s address unless told not to', () => {
    const headers = { 'CF-Connecting-IP': '203.0.113.7' };
    expect(arrivalOf(headers).client).toBe('203.0.113.7');
    expect(arrivalOf(headers, { ...OPTIONS, logClientAddress: false }).client).toBeUndefined();
    expect(arrivalOf({ 'CF-Connecting-IP': '"},{"' }).client).toBeUndefined();
  });
});

describe('showUrl', () => {
  it.each([
    ['http://api.test/orders/1?access_token=secret', 'api.test', '/orders/1'],
    ['http://api.test?access_token=secret', 'api.test', ''],
    ['http://api.test:8443/', 'api.test:8443', '/'],
    ['http://api.test', 'api.test', ''],
    ['http://api.test*', 'api.test*', ''],
    ['http://api.test/a#access_token=secret', 'api.test', '/a'],
    ['http://api.test#access_token=secret/x', 'api.test', ''],
    ['http://api.test/a?b#c', 'api.test', '/a'],
    ['http://api.test/a//b/%2e%2E/c', 'api.test', '/a//b/%2e%2E/c'],
    ['http://api.test//evil.test/x', 'api.test', '//evil.test/x'],
    ['http://[::1]:80/x', '[::1]:80', '/x'],
    ['http://a\u202eb/\u001b[2J\n', 'a\\u202eb', '/\\u001b[2J\\u000a'],
  ])('%j is %j and %j', (url, host, path) => {
    expect(showUrl(url)).toEqual({ host, path });
  });

  it('bounds both', () => {
    const { host, path } = showUrl(`http://${'h'.repeat(10_000)}/${'p'.repeat(100_000)}`);
    expect([host.length, path.length]).toEqual([260, 512]);
  });
});

describe('showTarget', () => {
  const shown = (path: string) =>
    showTarget({
      scheme: 'https',
      authority: 'api.test:8443',
      host: 'api.test',
      path,
      search: '?access_token=secret',
    });

  it('is the authority and the path, as sent', () => {
    expect(shown('/a%2fb')).toEqual({ host: 'api.test:8443', path: '/a%2fb' });
  });

  it('bounds the path, and shows no JWT in it', () => {
    expect(shown(`/${'p'.repeat(511)}`).path).toHaveLength(512);
    expect(shown(`/${'p'.repeat(512)}`).path).toBe(`/${'p'.repeat(508)}...`);
    expect(shown('/reset/eyJhbGciOiJFUzI1NiJ9.eyJzdWIiOiIxIn0.c2ln').path).toBe('/reset/[token]');
  });
});
