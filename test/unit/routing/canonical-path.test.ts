import { describe, expect, it } from 'vitest';
import { canonicalPath, canonicalTarget, MAX_PATH_LENGTH } from '../../../src/routing/canonical-path.ts';

/** A request as workerd hands it over: `url` is scheme, raw `Host` and raw target put together. */
function arrives(target: string, host = 'api.example', scheme = 'https') {
  return { url: `${scheme}://${host}${target}`, headers: new Headers({ host }) };
}

function verdict(request: Parameters<typeof canonicalTarget>[0]) {
  const target = canonicalTarget(request);
  return target.ok ? target.value : 'evidence' in target.error ? target.error.evidence : target.error.reason;
}

describe('canonicalTarget', () => {
  it.each([
    ['/', '/', ''],
    ['/a', '/a', ''],
    ['/a/', '/a/', ''],
    ['/a/b.c/~d_e-f', '/a/b.c/~d_e-f', ''],
    ["/!$&'()*+,=:@", "/!$&'()*+,=:@", ''],
    ['/main...topic', '/main...topic', ''],
    ['/a%20/b', '/a%20/b', ''],
    ['/..%27/x', '/..%27/x', ''],
    ['/.well-known/x', '/.well-known/x', ''],
    ['/a..b/.c/d.', '/a..b/.c/d.', ''],
    ['/caf%c3%a9', '/caf%C3%A9', ''],
    ['/a%20b%40c', '/a%20b%40c', ''],
    ['/100%25', '/100%25', ''],
    ['/50%25-off', '/50%25-off', ''],
    ['/c%23/what%3f', '/c%23/what%3F', ''],
    ['/%e2%80%a6-and-on', '/%E2%80%A6-and-on', ''],
    ['/%F0%9F%98%80', '/%F0%9F%98%80', ''],
    ['/a?', '/a', '?'],
    ['/a?b=/../c//d;e\\f', '/a', '?b=/../c//d;e\\f'],
    ['/a?b?c', '/a', '?b?c'],
    ['/a?%', '/a', '?%'],
    ['/a?x=%00%zz', '/a', '?x=%00%zz'],
  ])('takes %s', (sent, path, search) => {
    const authority = 'api.example';
    expect(verdict(arrives(sent))).toEqual({ scheme: 'https', authority, host: authority, path, search });
  });

  it.each([
    ['/a//b', 'empty_segment'],
    ['//evil.example/x', 'empty_segment'],
    ['/a//', 'empty_segment'],
    ['/.', 'dot_segment'],
    ['/a/./b', 'dot_segment'],
    ['/a/..', 'dot_segment'],
    ['/public/../admin', 'dot_segment'],
    ['/public/.../admin', 'dot_segment'],
    ['/public/..%20/admin', 'escape_reads_as_structure'],
    ['/public/%20../admin', 'escape_reads_as_structure'],
    ['/public/.%20./admin', 'escape_reads_as_structure'],
    ['/public/%20/admin', 'escape_reads_as_structure'],
    ['/public/..%E3%80%80', 'escape_reads_as_structure'],
    ['/public/..%23/admin', 'escape_reads_as_structure'],
    ['/public/..%3Fx', 'escape_reads_as_structure'],
    ['/public/..%EF%BC%9F/x', 'escape_reads_as_structure'],
    ['/public/%E2%80%A6/x', 'escape_reads_as_structure'],
    ['/public/%2e%2e/admin', 'escape_of_unreserved'],
    ['/public/.%2E/admin', 'escape_of_unreserved'],
    ['/public/..%2fadmin', 'escape_of_delimiter'],
    ['/public/..%5cadmin', 'escape_of_delimiter'],
    ['/public/..\\admin', 'backslash'],
    ['/public/..;/admin', 'parameter'],
    ['/public;x=1/a', 'parameter'],
    ['/public/%3b', 'escape_of_delimiter'],
    ['/publi%63/x', 'escape_of_unreserved'],
    ['/%41', 'escape_of_unreserved'],
    ['/%7E', 'escape_of_unreserved'],
    ['/%5F', 'escape_of_unreserved'],
    ['/%30', 'escape_of_unreserved'],
    ['/%2D', 'escape_of_unreserved'],
    ['/a%00', 'escape_of_control'],
    ['/a%0d%0ab', 'escape_of_control'],
    ['/a%09', 'escape_of_control'],
    ['/a%7f', 'escape_of_control'],
    ['/a%C2%85', 'escape_of_control'],
    ['/a%252e', 'escape_twice'],
    ['/a%25u002e', 'escape_twice'],
    ['/a%', 'escape_invalid'],
    ['/a%2', 'escape_invalid'],
    ['/a%zz', 'escape_invalid'],
    ['/a%u002e', 'escape_invalid'],
    ['/a%ff', 'escape_not_utf8'],
    ['/a%c0%ae%c0%ae/b', 'escape_not_utf8'],
    ['/a%e0%80%af', 'escape_not_utf8'],
    ['/a%ed%a0%80', 'escape_not_utf8'],
    ['/a%c3', 'escape_not_utf8'],
    ['/a%EF%BC%8Fb', 'escape_reads_as_structure'],
    ['/a/%EF%BC%8E%EF%BC%8E/b', 'escape_reads_as_structure'],
    ['/a/.%EF%BC%8E/b', 'escape_reads_as_structure'],
    ['/a/%E2%80%A5/b', 'escape_reads_as_structure'],
    ['/a%EF%BC%BCb', 'escape_reads_as_structure'],
    ['/a%EF%BC%9Bb', 'escape_reads_as_structure'],
    ['/a%CD%BEb', 'escape_reads_as_structure'],
    ['/a%EF%BC%852e', 'escape_reads_as_structure'],
    ['/a%25%EF%BC%92e', 'escape_reads_as_structure'],
    ['/a%E2%84%80', 'escape_reads_as_structure'],
    ['/a%E2%88%95b', 'escape_reads_as_structure'],
    ['/a/.%E2%80%8B./b', 'escape_reads_as_structure'],
    ['/a/%E2%80%8B/b', 'escape_reads_as_structure'],
    ['/a%25%E2%80%8B2e', 'escape_reads_as_structure'],
    ['/a b', 'path_character'],
    ['/a\u0000b', 'path_character'],
    ['/caf\u00e9', 'path_character'],
    ['/a"b', 'path_character'],
    ['/<a>', 'path_character'],
    ['/[a]', 'path_character'],
    ['/{a}', 'path_character'],
    ['/a|b', 'path_character'],
    ['/a^b', 'path_character'],
    ['/a`b', 'path_character'],
    ['/a#b', 'fragment'],
    ['/a?b#c', 'fragment'],
    ['/a?b c', 'query_character'],
    ['/a?b\u0000', 'query_character'],
    ['/a?b\n', 'query_character'],
    ['/a?\u00e9', 'query_character'],
    ['/a?\u007f', 'query_character'],
    ['*', 'target_form'],
    ['?x=/y', 'target_form'],
    ['http://evil.example/', 'target_form'],
    ['', 'target_form'],
  ])('refuses %j: %s', (sent, evidence) => {
    expect(verdict(arrives(sent))).toBe(evidence);
  });

  it('caps the path, not the query', () => {
    const longest = `/${'a'.repeat(MAX_PATH_LENGTH - 1)}`;
    expect(verdict(arrives(longest))).toMatchObject({ path: longest });
    expect(verdict(arrives(`${longest}a`))).toBe('path_too_long');
    expect(verdict(arrives(`/?${'a'.repeat(MAX_PATH_LENGTH)}`))).toMatchObject({ path: '/' });
  });

  it('never puts the path into the evidence', () => {
    for (const path of ['/secret/..', '/secret%00', '/secret//x', '/secret#x']) {
      expect(JSON.stringify(canonicalTarget(arrives(path)))).not.toContain('secret');
    }
  });
});

describe('the Host of a request', () => {
  it.each([
    ['api.example', 'api.example'],
    ['API.Example', 'api.example'],
    ['api.example.', 'api.example'],
    ['api.example:8443', 'api.example'],
    ['api.example.:8443', 'api.example'],
    ['api.example:', 'api.example'],
    ['localhost', 'localhost'],
    ['my_service', 'my_service'],
    ['127.0.0.1:8787', '127.0.0.1'],
    ['[::1]:8787', '[::1]'],
    ['[2001:DB8::1]', '[2001:db8::1]'],
    ['[::ffff:127.0.0.1]', '[::ffff:127.0.0.1]'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
  ])('%s is %s', (host, expected) => {
    expect(verdict(arrives('/x', host))).toMatchObject({ host: expected, path: '/x' });
  });

  it.each([
    'evil/path',
    'evil/../path',
    'a@b',
    'a:b@c',
    'h?x=1',
    'h#',
    'h, two',
    'h,two',
    'h\\x',
    'h%2e',
    'h%00',
    '',
    '.',
    '..',
    '.h',
    'h..',
    'a..b',
    ':80',
    'h:x',
    'h:99999',
    'h:123456',
    'h:80:80',
    '[::1',
    '::1',
    '[::1]x',
    '[::1%25eth0]',
    '[]',
    'h;x',
    "h'",
    'h x',
    '256.1.1.1',
    '1.2.3',
    '2130706433',
    '0x7f.1',
    '0x7f000001',
    '01.2.3.4',
    '1.2.3.4.5',
    `${'a'.repeat(261)}`,
  ])('%j is refused', (host) => {
    expect(verdict({ url: `http://${host}/x`, headers: new Headers({ host }) })).toBe('host');
    if (!host.includes('/'))
      expect(verdict({ url: `http://${host}/x`, headers: new Headers() })).toBe('host');
  });

  it('cannot move the path', () => {
    const request = { url: 'http://h/public/../admin', headers: new Headers({ host: 'h/public/..' }) };
    expect(verdict(request)).toBe('host');
  });

  it('must be the authority of the URL, but for case and the default port', () => {
    const read = (url: string, host: string) => verdict({ url, headers: new Headers({ host }) });
    expect(read('https://api.example/x', 'API.example')).toMatchObject({ host: 'api.example' });
    expect(read('https://api.example/x', 'api.example:443')).toMatchObject({ host: 'api.example' });
    expect(read('http://api.example:80/x', 'api.example')).toMatchObject({ host: 'api.example' });
    expect(read('https://api.example/x', 'api.example:80')).toBe('target_form');
    expect(read('https://api.example/x', 'api.example:8443')).toBe('target_form');
    expect(read('https://api.example/x', 'admin.example')).toBe('target_form');
    expect(read('https://api.example.evil/x', 'api.example')).toBe('target_form');
    expect(read('http://h*', 'h')).toBe('target_form');
    expect(read('http://hhttp://evil.example/x', 'h')).toBe('target_form');
    expect(read('ftp://h/x', 'h')).toBe('scheme');
    expect(read('HTTP://h/x', 'h')).toBe('scheme');
  });
});

describe('canonicalPath', () => {
  it.each(['', 'a', 'a/b', '?', '*', '%2F'])('wants an absolute path: %j', (path) => {
    expect(canonicalPath(path)).toMatchObject({ ok: false, error: { evidence: 'path_not_absolute' } });
  });
});
