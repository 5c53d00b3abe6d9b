import { describe, expect, it } from 'vitest';
import { type CanonicalTarget, canonicalPath, canonicalTarget } from '../../../src/routing/canonical-path.ts';
import { pathFault, targetFault } from '../../../src/routing/path-fault.ts';
import fc from '../../fixtures/draws.ts';

const NASTY = [
  ...'/////....\\;%%%#?&=@:+~-_ azAZ09"<>{}|^`[]\'!$()*,',
  '%2e',
  '%2E',
  '%2f',
  '%5C',
  '%3b',
  '%25',
  '%252e',
  '%00',
  '%0A',
  '%20',
  '%23',
  '%3F',
  '%40',
  '%7e',
  '%41',
  '%c3%a9',
  '%C3%a9',
  '%c0%ae',
  '%ff',
  '%ef%bc%8f',
  '%ef%bc%8e',
  '%EF%BC%85',
  '%e2%80%a5',
  '%E2%80%8B',
  '%CD%BE',
  '%C2%85',
  '%F0%9F%98%80',
  '..',
  '../',
  '/..',
  '/./',
  '..;',
  'public',
  'admin',
  '\u0000',
  '\u00e9',
  '\uff0e',
  '\n',
];
/** Of what is accepted often enough to make the properties bite. */
const MOSTLY_FINE = [
  '/a',
  '/b.c',
  '/..d',
  '/%20',
  '/%c3%a9',
  '/100%25',
  '/%23',
  '/%40',
  '/~',
  '/%E2%80%A6',
  '-',
  '.',
  ':',
  'Z',
];

const pieces = fc.oneof(
  fc.array(fc.constantFrom(...NASTY), { maxLength: 12 }),
  fc.array(fc.constantFrom(...MOSTLY_FINE), { maxLength: 12 }),
  fc.array(fc.constantFrom(...MOSTLY_FINE, ...NASTY), { maxLength: 6 }),
  fc.array(
    fc.nat(255).map((byte) => `%${byte.toString(16).padStart(2, '0')}`),
    { maxLength: 5 },
  ),
  fc.array(fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }).map(encodeURIComponent), {
    maxLength: 5,
  }),
);
const targets = pieces.map((some) => `/${some.join('')}`);

/** Reads `sent`, and tells `property` about it where it is accepted. Counts, so that a property cannot hold of nothing. */
function ofAccepted(property: (target: CanonicalTarget, sent: string) => void): void {
  let accepted = 0;
  fc.assert(
    fc.property(targets, (sent) => {
      const target = canonicalTarget({ url: `https://h${sent}`, headers: new Headers({ host: 'h' }) });
      if (!target.ok) return;
      accepted += 1;
      property(target.value, sent);
    }),
    { numRuns: 3000 },
  );
  expect(accepted).toBeGreaterThan(200);
}

/** Decodes what can be decoded and leaves the rest, as lenient origins do. */
function lenientDecode(path: string): string {
  return path.replace(/(?:%[0-9a-f]{2})+/gi, (escapes) => {
    try {
      return decodeURIComponent(escapes);
    } catch {
      return escapes;
    }
  });
}

describe('every accepted target', () => {
  it('survives the URL parser unchanged and cannot name a host', () => {
    ofAccepted(({ path, search }) => {
      const url = new URL(`https://origin.example${path}${search}`);
      expect(url.host).toBe('origin.example');
      expect(url.username + url.password + url.hash).toBe('');
      expect(url.pathname).toBe(path);
      const written = search.replace(/["'<>]|[^ -~]/gu, (raw) =>
        raw === "'" ? '%27' : encodeURIComponent(raw),
      );
      expect(url.search).toBe(written === '?' ? '' : written);
    });
  });

  it('is what was sent', () => {
    ofAccepted(({ path, search }, sent) => expect(path + search).toBe(sent));
  });

  it('has no dot segment and no control character, however often it is decoded and in every Unicode normalisation', () => {
    ofAccepted(({ path }) => {
      for (let read = path, last = ''; read !== last; read = lenientDecode(read)) {
        last = read;
        for (const form of ['NFC', 'NFD', 'NFKC', 'NFKD']) {
          expect(read.normalize(form)).not.toMatch(/\p{Cc}/u);
          for (const segment of read.normalize(form).split(/[/\\]/)) {
            expect(['.', '..']).not.toContain(segment.split(/[?#;]/)[0]?.trim());
          }
        }
      }
    });
  });
});

/** A path as a route may have it: one reading for everybody. */
describe('every path that a route may have', () => {
  function ofCanonical(property: (path: string) => void): void {
    let accepted = 0;
    fc.assert(
      fc.property(targets, (sent) => {
        const path = canonicalPath(sent);
        if (!path.ok) return;
        accepted += 1;
        expect(path.value.toUpperCase()).toBe(sent.toUpperCase());
        expect(path.value.replace(/%../g, '')).toBe(sent.replace(/%../g, ''));
        property(path.value);
      }),
      { numRuns: 3000 },
    );
    expect(accepted).toBeGreaterThan(200);
  }

  it('is one that a request may have', () => {
    ofCanonical((path) => {
      const target = canonicalTarget({ url: `https://h${path}`, headers: new Headers({ host: 'h' }) });
      expect(target).toMatchObject({ ok: true, value: { path } });
    });
  });

  it('survives the URL parser unchanged and cannot name a host', () => {
    ofCanonical((path) => {
      expect(new URL(path, 'https://origin.example').href).toBe(`https://origin.example${path}`);
    });
  });

  it('decodes to the same segments, none of them empty or dots, none with a delimiter', () => {
    ofCanonical((path) => {
      const decoded = decodeURIComponent(path);
      const segments = decoded.split('/');
      expect(segments.length).toBe(path.split('/').length);
      for (const segment of segments.slice(1, -1)) expect(segment).not.toBe('');
      for (const segment of segments) {
        expect(['.', '..']).not.toContain(segment.split(/[?#]/)[0]?.trim());
        expect(segment).not.toMatch(/[\\;\p{Cc}]/u);
      }
    });
  });

  it('decodes to the same thing however often', () => {
    ofCanonical((path) => {
      const once = lenientDecode(path);
      expect(once).toBe(decodeURIComponent(path));
      expect(lenientDecode(once)).toBe(once);
    });
  });

  it('keeps its segments under every Unicode normalisation of the decoded path', () => {
    ofCanonical((path) => {
      for (const form of ['NFC', 'NFD', 'NFKC', 'NFKD']) {
        const segments = decodeURIComponent(path).normalize(form).split('/');
        expect(segments.length).toBe(path.split('/').length);
        for (const segment of segments) expect(['.', '..']).not.toContain(segment);
      }
    });
  });

  it('is canonical: reading it again changes nothing', () => {
    ofCanonical((path) => expect(canonicalPath(path)).toEqual({ ok: true, value: path }));
  });
});

describe('the two ways to accept a path', () => {
  it('agree: the fast regular expression takes nothing that a rule refuses, and what it refuses has a fault or an escape', () => {
    fc.assert(
      fc.property(targets, (sent) => {
        const fault = pathFault(sent) ?? targetFault(sent);
        expect(canonicalPath(sent).ok).toBe(fault === undefined);
        const path = sent.split('?')[0] ?? '';
        const target = canonicalTarget({ url: `https://h${path}`, headers: new Headers({ host: 'h' }) });
        if (!path.includes('#')) expect(target.ok).toBe(targetFault(path) === undefined);
      }),
      { numRuns: 3000 },
    );
  });
});

describe('arbitrary requests', () => {
  it('are read or refused, never thrown at', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), fc.string(), (url, host) => {
        const headers = { get: (name: string) => (name === 'host' ? host : null) };
        const read = canonicalTarget({
          url: `http://${host}${url}`,
          headers: Object.assign(new Headers(), headers),
        });
        if (!read.ok) expect(read.error.reason).toBe('path_ambiguous');
      }),
      { numRuns: 2000 },
    );
  });

  it('never get a host that the URL parser reads otherwise', () => {
    const hosts = fc.array(fc.constantFrom(...'aZ0.-_:@/\\?#%[]8', '0x', '127.', '::1', ':80', '[::1]'), {
      maxLength: 8,
    });
    let accepted = 0;
    fc.assert(
      fc.property(hosts, (parts) => {
        const host = parts.join('');
        const headers = { get: () => host };
        const read = canonicalTarget({
          url: `http://${host}/x`,
          headers: Object.assign(new Headers(), headers),
        });
        if (!read.ok) return;
        accepted += 1;
        expect(read.value.path).toBe('/x');
        if (!URL.canParse(`http://${host}/x`)) return;
        const url = new URL(`http://${host}/x`);
        expect(url.pathname).toBe('/x');
        expect(url.hostname.replace(/\.$/, '')).toBe(read.value.host);
      }),
      { numRuns: 5000 },
    );
    expect(accepted).toBeGreaterThan(200);
  });
});
