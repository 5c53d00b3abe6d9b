import { describe, expect, it } from 'vitest';
import { parseAllowedOrigin } from '../../../src/config/allowed-origin.ts';
import type { CorsOrigins } from '../../../src/core/answer-policy.ts';
import { isAllowedOrigin } from '../../../src/cors/allowed-origin.ts';

const ORIGINS: CorsOrigins = {
  exact: new Set(['https://app.example.com', 'http://localhost:3000', 'capacitor://localhost']),
  wildcards: [
    { before: 'https://', after: '.preview.example.com' },
    { before: 'https://', after: '.example.com:8443' },
  ],
};

describe('isAllowedOrigin', () => {
  it.each([
    'https://app.example.com',
    'http://localhost:3000',
    'capacitor://localhost',
    'https://pr-7.preview.example.com',
    'https://xn--mnchen-3ya.preview.example.com',
    'https://a.example.com:8443',
  ])('lets %s read', (origin) => expect(isAllowedOrigin(origin, ORIGINS)).toBe(true));

  it.each([
    '',
    'null',
    '*',
    'https://app.example.com/',
    'https://app.example.com:443',
    'https://APP.example.com',
    'http://app.example.com',
    'https://app.example.com.evil.test',
    'https://evil-app.example.com',
    'https://preview.example.com',
    'http://ab.preview.example.com',
    'ws://pr-77.preview.example.com',
    'https://.preview.example.com',
    'https://a.b.preview.example.com',
    'https://evil.test/.preview.example.com',
    'https://evil.test#.preview.example.com',
    'https://user@x.preview.example.com',
    'https://evil.test:1.preview.example.com',
    'https://a b.preview.example.com',
    'https://pr-7.preview.example.com:8443',
    'https://a.example.com',
    'https://app.example.com, https://app.example.com',
    'https://app.example.com https://evil.test',
    `https://${'a'.repeat(64)}.preview.example.com`,
  ])('does not let %s read', (origin) => expect(isAllowedOrigin(origin, ORIGINS)).toBe(false));

  it('lets everybody read where everybody may', () => {
    expect(isAllowedOrigin('null', 'any')).toBe(true);
  });
});

describe('parseAllowedOrigin', () => {
  it.each([
    ['*', 'any'],
    ['https://app.example.com', { exact: 'https://app.example.com' }],
    ['https://app.example.com:8443', { exact: 'https://app.example.com:8443' }],
    ['http://localhost:3000', { exact: 'http://localhost:3000' }],
    ['http://127.0.0.1:3000', { exact: 'http://127.0.0.1:3000' }],
    ['http://[::1]:3000', { exact: 'http://[::1]:3000' }],
    ['capacitor://localhost', { exact: 'capacitor://localhost' }],
    ['chrome-extension://abcdefghijklmnop', { exact: 'chrome-extension://abcdefghijklmnop' }],
    ['https://*.example.com', { before: 'https://', after: '.example.com' }],
    ['https://*.example.com:8443', { before: 'https://', after: '.example.com:8443' }],
  ])('reads %s', (text, expected) => expect(parseAllowedOrigin(text)).toEqual(expected));

  it.each([
    '',
    'null',
    'app.example.com',
    'https://app.example.com/',
    'https://app.example.com/path',
    'https://app.example.com:443',
    'https://APP.example.com',
    'https://münchen.example',
    'https://user@app.example.com',
    'http://app.example.com',
    'http://localhost.evil.test',
    'https://*',
    'https://*.com',
    'https://*.*.example.com',
    'https://a.*.example.com',
    'https://*app.example.com',
    'http://*.example.com',
    'https://*.example.com:443',
    '*.example.com',
    'file://localhost',
    'data:text/html',
    'javascript://x',
    'wss://app.example.com',
    'https://app.example.com\nX: y',
  ])('refuses %j', (text) => expect(parseAllowedOrigin(text)).toBeUndefined());
});
