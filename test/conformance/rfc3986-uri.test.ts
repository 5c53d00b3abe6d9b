import { describe, expect, it } from 'vitest';
import { canonicalPath, canonicalTarget } from '../../src/routing/canonical-path.ts';

function canonical(path: string): string {
  const read = canonicalPath(path);
  return read.ok ? read.value : 'evidence' in read.error ? read.error.evidence : read.error.reason;
}

function hostOf(authority: string): string {
  const target = canonicalTarget({ url: `https://${authority}/`, headers: new Headers({ host: authority }) });
  return target.ok ? target.value.host : target.error.reason;
}

describe('paths', () => {
  it('RFC 3986 §2.1: an escape is a percent sign and two hex digits; upper and lower case are one', () => {
    expect(canonical('/%c3%A9')).toBe('/%C3%A9');
    for (const path of ['/%', '/%4', '/%g1', '/%1g', '/% 41']) expect(canonical(path)).not.toContain('/');
  });

  it('RFC 3986 §2.2: an escaped reserved character stays escaped, a raw one raw', () => {
    for (const path of ['/%3A%40%21%24%26%27%28%29%2A%2B%2C%3D', "/:@!$&'()*+,="])
      expect(canonical(path)).toBe(path);
  });

  it('RFC 3986 §2.3: a path with an escaped unreserved character is refused, not decoded', () => {
    for (let code = 0x21; code < 0x7f; code += 1) {
      const character = String.fromCharCode(code);
      const read = canonical(`/x%${code.toString(16)}`);
      if (/[A-Za-z0-9._~-]/.test(character)) expect(read).toBe('escape_of_unreserved');
      else expect(read).not.toBe('escape_of_unreserved');
    }
  });

  it('RFC 3986 §2.4: an escaped percent sign must not become an escape when decoded again', () => {
    expect(canonical('/100%25')).toBe('/100%25');
    expect(canonical('/%252F')).toBe('escape_twice');
    expect(canonical('/%25%32F')).toBe('escape_of_unreserved');
  });

  it('RFC 3986 §2.5: escapes are UTF-8, in its shortest form', () => {
    expect(canonical('/%E2%82%AC')).toBe('/%E2%82%AC');
    for (const path of ['/%E2%82', '/%C0%80', '/%F4%90%80%80', '/%ED%BF%BF']) {
      expect(canonical(path)).toBe('escape_not_utf8');
    }
  });

  it('RFC 3986 §3.3: raw characters are `pchar`, without `;`', () => {
    const pchar = /[A-Za-z0-9\-._~!$&'()*+,=:@]/;
    for (let code = 0; code < 0x180; code += 1) {
      const character = String.fromCharCode(code);
      if (character === '/' || character === '%') continue;
      const read = canonical(`/x${character}`);
      expect(read === `/x${character}`, JSON.stringify(character)).toBe(pchar.test(character));
    }
  });

  it('RFC 3986 §5.2.4: a path with dot segments is refused, not resolved', () => {
    for (const path of ['/.', '/..', '/./a', '/../a', '/a/.', '/a/..', '/a/./b', '/a/../b', '/...']) {
      expect(canonical(path)).toBe('dot_segment');
    }
    for (const path of ['/.a', '/a.', '/..a', '/a..', '/a...b']) expect(canonical(path)).toBe(path);
  });

  it('RFC 3986 §6.2.2.1: the path keeps its letter case, the host does not', () => {
    expect(canonical('/Orders')).toBe('/Orders');
    expect(hostOf('API.Example')).toBe('api.example');
  });
});

describe('authorities', () => {
  it('RFC 3986 §3.2.1: user information is refused', () => {
    for (const authority of ['user@h', 'user:secret@h', '@h', 'h@'])
      expect(hostOf(authority)).toBe('path_ambiguous');
  });

  it('RFC 3986 §3.2.2: a host is a name, an IPv4 address or a bracketed IPv6 address', () => {
    expect(['h.example', '192.0.2.1', '[2001:db8::1]'].map(hostOf)).toEqual([
      'h.example',
      '192.0.2.1',
      '[2001:db8::1]',
    ]);
    for (const authority of ['2001:db8::1', '[v1.x]', '[fe80::1%25en0]', 'h%41', '192.0.2', '192.0.2.256']) {
      expect(hostOf(authority), authority).toBe('path_ambiguous');
    }
  });

  it('RFC 3986 §3.2.3, §6.2.3: the port, also an empty one, does not change the host', () => {
    expect(['h', 'h:', 'h:443', 'h:8443'].map(hostOf)).toEqual(['h', 'h', 'h', 'h']);
  });
});
