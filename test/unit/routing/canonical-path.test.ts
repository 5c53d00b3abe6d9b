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
    ['/caf%c3%a9', '/caf%c3%a9', ''],
    ['/a%20b%40c', '/a%20b%40c', ''],
    ['/100%25', '/100%25', ''],
    ['/50%25-off', '/50%25-off', ''],
    ['/c%23/what%3f', '/c%23/what%3f', ''],
    ['/%e2%80%a6-and-on', '/%e2%80%a6-and-on', ''],
    ['/%F0%9F%98%80', '/%F0%9F%98%80', ''],
    ['/a//b', '/a//b', ''],
    ['//evil.example/x', '//evil.example/x', ''],
    ['/a//', '/a//', ''],
    ['/public;x=1/a', '/public;x=1/a', ''],
    ['/public/%3b', '/public/%3b', ''],
    ['/publi%63/x', '/publi%63/x', ''],
    ['/%41', '/%41', ''],
    ['/%7E', '/%7E', ''],
    ['/%5F', '/%5F', ''],
    ['/%30', '/%30', ''],
    ['/%2D', '/%2D', ''],
    ['/a%252e', '/a%252e', ''],
    ['/a%EF%BC%8Fb', '/a%EF%BC%8Fb', ''],
    ['/a%EF%BC%BCb', '/a%EF%BC%BCb', ''],
    ['/a%EF%BC%9Bb', '/a%EF%BC%9Bb', ''],
    ['/a%CD%BEb', '/a%CD%BEb', ''],
    ['/a%EF%BC%852e', '/a%EF%BC%852e', ''],
    ['/a%25%EF%BC%92e', '/a%25%EF%BC%92e', ''],
    ['/a%E2%84%80', '/a%E2%84%80', ''],
    ['/a%E2%88%95b', '/a%E2%88%95b', ''],
    ['/a/%E2%80%8B/b', '/a/%E2%80%8B/b', ''],
    ['/a%25%E2%80%8B2e', '/a%25%E2%80%8B2e', ''],
    ['/[a]', '/[a]', ''],
    ['/a|b', '/a|b', ''],
    ['/a;b/c;d=e', '/a;b/c;d=e', ''],
    ['/a%2Fb', '/a%2Fb', ''],
    ['/a%2fb', '/a%2fb', ''],
    ['/a%5Cb', '/a%5Cb', ''],
    ['/a%252Fb', '/a%252Fb', ''],
    ['/a%25252fb', '/a%25252fb', ''],
    ['/x::$DATA', '/x::$DATA', ''],
    ['/a?', '/a', '?'],
    ['/a?\u00e9\u{1f600}', '/a', '?\u00e9\u{1f600}'],
    ['/a?b=/../c//d;e\\f', '/a', '?b=/../c//d;e\\f'],
    ['/a?b?c', '/a', '?b?c'],
    ['/a?%', '/a', '?%'],
    ['/a?x=%00%zz', '/a', '?x=%00%zz'],
  ])('takes %s', (sent, path, search) => {
    const authority = 'api.example';
    expect(verdict(arrives(sent))).toEqual({ scheme: 'https', authority, host: authority, path, search });
  });

  it.each([
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
    ['/public/%2e%2e/admin', 'escape_reads_as_structure'],
    ['/public/.%2E/admin', 'escape_reads_as_structure'],
    ['/public/..%2fadmin', 'escape_reads_as_structure'],
    ['/public/..%5cadmin', 'escape_reads_as_structure'],
    ['/public/..\\admin', 'backslash'],
    ['/public/..;/admin', 'escape_reads_as_structure'],
    ['/a%00', 'escape_of_control'],
    ['/a%0d%0ab', 'escape_of_control'],
    ['/a%09', 'escape_of_control'],
    ['/a%7f', 'escape_of_control'],
    ['/a%C2%85', 'escape_of_control'],
    ['/a%25u002e', 'escape_twice'],
    ['/.::$DATA', 'escape_reads_as_structure'],
    ['/a/..:x', 'escape_reads_as_structure'],
    ['/a%2F..%2Fb', 'escape_reads_as_structure'],
    ['/a/%252e%252E/b', 'escape_reads_as_structure'],
    ['/a/%25252e.%255Cb', 'escape_reads_as_structure'],
    ['/a%C2%A5..%E2%88%95b', 'escape_reads_as_structure'],
    ['/a/.%CC%81./b', 'escape_reads_as_structure'],
    ['/a/..%3Bx', 'escape_reads_as_structure'],
    ['/a%2500', 'escape_of_control'],
    ['/a%25250a', 'escape_of_control'],
    ['/a%25ff', 'escape_not_utf8'],
    ['/a%2525252e', 'escape_too_often'],
    ['/a%', 'escape_invalid'],
    ['/a%2', 'escape_invalid'],
    ['/a%zz', 'escape_invalid'],
    ['/a%u002e', 'escape_invalid'],
    ['/a%ff', 'escape_not_utf8'],
    ['/a%c0%ae%c0%ae/b', 'escape_not_utf8'],
    ['/a%e0%80%af', 'escape_not_utf8'],
    ['/a%ed%a0%80', 'escape_not_utf8'],
    ['/a%c3', 'escape_not_utf8'],
    ['/a/%EF%BC%8E%EF%BC%8E/b', 'escape_reads_as_structure'],
    ['/a/.%EF%BC%8E/b', 'escape_reads_as_structure'],
    ['/a/%E2%80%A5/b', 'escape_reads_as_structure'],
    ['/a/.%E2%80%8B./b', 'escape_reads_as_structure'],
    ['/a b', 'path_character'],
    ['/a\u0000b', 'path_character'],
    ['/caf\u00e9', 'path_character'],
    ['/a"b', 'path_character'],
    ['/<a>', 'path_character'],
    ['/{a}', 'path_character'],
    ['/a^b', 'path_character'],
    ['/a`b', 'path_character'],
    ['/a#b', 'fragment'],
    ['/a?b#c', 'fragment'],
    ['/a?b c', 'query_character'],
    ['/a?b\u0000', 'query_character'],
    ['/a?b\n', 'query_character'],
    ['/a?\ufffd', 'query_character'],
    ['/a?\ud800', 'query_character'],
    ['/a?\u0085', 'query_character'],
    ['/a?\u00a0', 'query_character'],
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
    for (const path of ['/secret/..', '/secret%00', '/secret|\\x', '/secret#x', '/secret%2525252e']) {
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
    ['[::ffff:127.0.0.1]', '[::ffff:7f00:1]'],
    ['[0::80]', '[::80]'],
    ['[2001:0db8:0:0::0001]:443', '[2001:db8::1]'],
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
    '[:::]',
    '[1::2::3]',
    '[1:2:3]',
    '[::1.2.3.400]',
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

  it.each(['/a%C2%A5b', '/a%E2%82%A9b', '/a%2Fb', '/a//b', '/a;b', '/%61', '/a|b', '/a%252e', '/caf\u00e9'])(
    'wants a path that everybody reads alike: not %s',
    (path) => {
      expect(canonicalPath(path).ok).toBe(false);
    },
  );
});
