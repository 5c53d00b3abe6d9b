import { describe, expect, it } from 'vitest';
import type { ClaimPath } from '../../../src/core/claim-address.ts';
import type { JsonObject } from '../../../src/core/jose.ts';
import { resolveClaim } from '../../../src/core/resolve-claim.ts';

const claims = JSON.parse(
  '{"sub":"ada","empty":"","nil":null,"roles":["a","b"],"0":"zero","org":{"tenant_id":"t1","https://x.test/r":["q"]},' +
    '"a/b":1,"m~n":2,"":3,"__proto__":{"admin":true},"nested":{"__proto__":"own","constructor":"own too"},"matrix":[[1,2],[3]]}',
) as JsonObject;

describe('resolveClaim finds members of the document', () => {
  const table: [ClaimPath, unknown][] = [
    [['sub'], 'ada'],
    [['empty'], ''],
    [['nil'], null],
    [['roles'], ['a', 'b']],
    [['roles', '0'], 'a'],
    [['roles', '1'], 'b'],
    [['0'], 'zero'],
    [['org', 'tenant_id'], 't1'],
    [['org', 'https://x.test/r', '0'], 'q'],
    [['a/b'], 1],
    [['m~n'], 2],
    [[''], 3],
    [['matrix', '0', '1'], 2],
    [['__proto__', 'admin'], true],
    [['nested', '__proto__'], 'own'],
    [['nested', 'constructor'], 'own too'],
  ];
  it.each(table)('%j', (path, expected) => {
    expect(resolveClaim(claims, path)).toEqual(expected);
  });
});

describe('resolveClaim finds nothing else', () => {
  const table: ClaimPath[] = [
    ['absent'],
    ['toString'],
    ['constructor'],
    ['hasOwnProperty'],
    ['org', 'absent'],
    ['org', '__proto__'],
    ['org', 'toString', 'name'],
    ['sub', 'length'],
    ['sub', '0'],
    ['nil', 'x'],
    ['roles', 'length'],
    ['roles', 'map'],
    ['roles', '-'],
    ['roles', '2'],
    ['roles', '00'],
    ['roles', '01'],
    ['roles', '-1'],
    ['roles', '+0'],
    ['roles', '0.0'],
    ['roles', '1e0'],
    ['roles', ' 0'],
    ['roles', ''],
    ['roles', '٠'],
    ['roles', '99999999999999999999'],
    ['matrix', '0', '2'],
  ];
  it.each(table.map((path) => [path]))('%j', (path) => {
    expect(resolveClaim(claims, path)).toBeUndefined();
  });
});
