import { describe, expect, it } from 'vitest';
import { foldHeaderName } from '../../../src/core/fold-header-name.ts';
import type { JsonObject } from '../../../src/core/jose.ts';
import type { HeaderMapping } from '../../../src/core/policy.ts';
import { setForwardingHeaders } from '../../../src/origin/forwarding-headers.ts';
import { forwardIdentity } from '../../../src/origin/identity.ts';
import { stripHeaders } from '../../../src/origin/strip.ts';
import { principalWith } from './inputs.ts';

const MAPPINGS: readonly HeaderMapping[] = [
  { header: 'X-User-Id', claim: ['sub'], type: 'any' },
  { header: 'X-Roles', claim: ['roles'], type: 'array' },
];
const MAPPED = new Set(MAPPINGS.map(({ header }) => foldHeaderName(header)));

/** What the origin is sent for a client's headers: the real strip in front of the real set side. */
function sent(
  client: readonly (readonly [string, string])[],
  claims: JsonObject | undefined,
): [string, string][] {
  const incoming = new Headers();
  for (const [name, value] of client) incoming.append(name, value);
  const principal = claims === undefined ? undefined : principalWith(claims);
  const { headers } = forwardIdentity(stripHeaders(incoming, MAPPED), MAPPINGS, principal);
  setForwardingHeaders(headers, { clientAddress: undefined, scheme: 'https', host: 'api.test' });
  return [...headers];
}

/** The values an origin would read under one name, however it folds. */
const read = (headers: readonly (readonly [string, string])[], name: string) =>
  headers.flatMap(([key, value]) => (foldHeaderName(key) === foldHeaderName(name) ? [value] : []));

const ALIASES = ['X-User-Id', 'x-user-id', 'X_User_Id', 'X.User.Id', 'x-user_id', 'X~User!Id', 'X*User|Id'];

describe('CVE-2025-64484, CVE-2026-33433, CVE-2026-39858: an alias of an identity header', () => {
  it.each(ALIASES)('%s never stands beside the verified one', (alias) => {
    expect(read(sent([[alias, 'root']], { sub: 'ada' }), 'X-User-Id')).toEqual(['ada']);
  });
});

describe('CVE-2026-30851: a header is set only when its claim is there', () => {
  it.each([
    ['missing', {}],
    ['null', { sub: null }],
    ['too long to send', { sub: 'x'.repeat(5000) }],
    ['of text that cannot be sent', { sub: '\ud800' }],
    ['of a number that cannot be sent', { sub: 2 ** 60 }],
  ] as [string, JsonObject][])(
    'with a claim that is %s, no client value takes its place',
    (_title, claims) => {
      const client = ALIASES.map((alias) => [alias, 'root'] as const);
      expect(read(sent(client, claims), 'X-User-Id')).toEqual([]);
    },
  );

  it('with a claim of another type than declared, no client value takes its place', () => {
    expect(read(sent([['X-Roles', '["admin"]']], { roles: 'admin' }), 'X-Roles')).toEqual([]);
  });
});

describe('CVE-2021-41130: a second copy of an identity header', () => {
  it('does not survive, first or last', () => {
    const client = ['root', 'admin', ''].map((value) => ['X-User-Id', value] as const);
    expect(read(sent(client, { sub: 'ada' }), 'X-User-Id')).toEqual(['ada']);
    expect(read(sent(client, {}), 'X-User-Id')).toEqual([]);
  });

  it('is not made by mapping: one line for each header, whatever the claim', () => {
    const headers = sent([], { sub: 'ada, root', roles: ['a,b', 'c'] });
    expect(read(headers, 'X-User-Id')).toEqual(['ada, root']);
    expect(read(headers, 'X-Roles')).toEqual(['["a,b","c"]']);
  });
});

describe('CVE-2026-44087: a public route', () => {
  it.each([...ALIASES, 'X-Roles', 'X-Portcullis-Omitted', 'x_portcullis_omitted'])(
    'passes no client copy of %s',
    (alias) => {
      expect(read(sent([[alias, 'root']], undefined), alias)).toEqual([]);
    },
  );
});

describe('CVE-2024-45410: Connection nominates an identity header', () => {
  it.each(['x-user-id', 'close, X-User-Id', 'X-Roles, x-user-id, x-forwarded-proto, x-forwarded-host'])(
    'Connection: %s takes nothing verified away',
    (connection) => {
      const headers = sent([['Connection', connection]], { sub: 'ada', roles: ['a'] });
      expect(read(headers, 'X-User-Id')).toEqual(['ada']);
      expect(read(headers, 'X-Roles')).toEqual(['["a"]']);
      expect(read(headers, 'X-Forwarded-Proto')).toEqual(['https']);
      expect(read(headers, 'X-Forwarded-Host')).toEqual(['api.test']);
      expect(read(headers, 'Connection')).toEqual([]);
    },
  );
});

describe('CVE-2026-31908: a claim that carries header syntax', () => {
  it.each([
    'ada\r\nX-Roles: ["admin"]',
    'ada\nX-Roles: ["admin"]',
    'ada\rX-Roles: ["admin"]',
    'ada\u0000',
    'ada\u0085X-Roles: ["admin"]',
    'ada\u2028X-Roles: ["admin"]',
    'ada\u010d\u010aX-Roles: ["admin"]',
    '\uff0d\uff0a',
    '%0D%0AX-Roles: ["admin"]',
    '\t ada \t',
  ])('%j stays one value', (sub) => {
    const headers = sent([], { sub });
    const [value] = read(headers, 'X-User-Id');
    expect(value).toMatch(/^[!-~]+(?: [!-~]+)*$/);
    expect(decodeURIComponent(value ?? '')).toBe(sub);
    expect(read(headers, 'X-Roles')).toEqual([]);
  });

  it.each([['a\r\nb: c'], [{ 'x\r\ny': '\u0000\u2028' }], ['"],["admin"']])(
    '%j stays one value in an array',
    (element) => {
      const roles = [element];
      const [value] = read(sent([], { roles }), 'X-Roles');
      expect(value).toMatch(/^[!-~]+(?: [!-~]+)*$/);
      expect(JSON.parse(value ?? '')).toEqual(roles);
    },
  );
});
