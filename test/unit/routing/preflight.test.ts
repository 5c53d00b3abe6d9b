import { describe, expect, it } from 'vitest';
import { preflightMethod } from '../../../src/routing/preflight.ts';

const ask = (method: string, headers: Record<string, string>) =>
  preflightMethod({ method, headers: new Headers(headers) });

describe('preflightMethod', () => {
  it.each([
    ['PUT', { origin: 'https://app.example', 'access-control-request-method': 'PUT' }],
    ['get', { origin: 'null', 'access-control-request-method': 'get' }],
    ['M-SEARCH', { origin: 'https://app.example', 'access-control-request-method': ' M-SEARCH ' }],
  ])('finds %s', (expected, headers) => {
    expect(ask('OPTIONS', headers)).toBe(expected);
  });

  const origin = 'https://app.example';
  it.each<[string, string, Record<string, string>]>([
    ['another method', 'GET', { origin, 'access-control-request-method': 'PUT' }],
    ['no Origin', 'OPTIONS', { 'access-control-request-method': 'PUT' }],
    ['an empty Origin', 'OPTIONS', { origin: '', 'access-control-request-method': 'PUT' }],
    ['no method', 'OPTIONS', { origin }],
    ['an empty method', 'OPTIONS', { origin, 'access-control-request-method': '' }],
    ['two methods', 'OPTIONS', { origin, 'access-control-request-method': 'GET, PUT' }],
    ['no token', 'OPTIONS', { origin, 'access-control-request-method': 'G(T' }],
  ])('is not taken in by %s', (_what, method, headers) => {
    expect(ask(method, headers)).toBeUndefined();
  });
});
