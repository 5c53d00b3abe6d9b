import { describe, expect, it } from 'vitest';
import { parseClaimPath } from '../../../src/config/claim-path.ts';

describe('parseClaimPath', () => {
  it.each<[string, string[]]>([
    ['sub', ['sub']],
    ['cognito:groups', ['cognito:groups']],
    ['https://acme.example/roles', ['https://acme.example/roles']],
    ['a.b', ['a.b']],
    ['a~b', ['a~b']],
    ['a/b', ['a/b']],
    ['/org/tenant_id', ['org', 'tenant_id']],
    ['/', ['']],
    ['/a//b', ['a', '', 'b']],
    ['/https:~1~1acme.example~1roles/0', ['https://acme.example/roles', '0']],
    ['/~01', ['~1']],
    ['/~0~1', ['~/']],
    ['/__proto__', ['__proto__']],
  ])('%j is %j', (text, path) => expect(parseClaimPath(text)).toEqual(path));

  it.each(['', '/~', '/~2', '/a~', '/a/~x', `/${'a/'.repeat(16)}`, 'a'.repeat(257)])('refuses %j', (text) =>
    expect(parseClaimPath(text)).toBeUndefined(),
  );
});
