import type { JwksCachePolicy, KeyPins, KeyProviderSource } from '../../core/policy.ts';
import type { Verdict } from './difference.ts';
import { plainChanges, samePlain, textOf } from './plain-changes.ts';

/** What differs in where the keys of one issuer come from. No request of one moment shows it. */
export interface KeyChange {
  readonly verdict: Extract<Verdict, 'looser' | 'stricter' | 'may_differ' | 'other'>;
  readonly what: string;
  readonly before: string;
  readonly after: string;
}

type Of<F extends KeyProviderSource['from']> = Extract<KeyProviderSource, { readonly from: F }>;

/**
 * Which keys the new source trusts that the old one did not, and the other way round. A source that was replaced counts as
 * other keys. Does NOT look at what an address serves, or at what a secret holds: between an address that is written and
 * one that discovery finds it cannot be told.
 */
export function compareKeys(was: KeyProviderSource, is: KeyProviderSource): readonly KeyChange[] {
  if (was.from === 'remote' && is.from === 'remote') return [...addresses(was, is), ...ageing(was, is)];
  if (was.from === 'secret' && is.from === 'secret') return secrets(was, is);
  const [before, after] = [given(was), given(is)];
  if (was.from === 'secret' || is.from === 'secret' || before === undefined || after === undefined)
    return [replaced(textOf(was), textOf(is))];
  return [...sets(before.keys, after.keys, 'keys'), ...pins(before.pins, after.pins)];
}

const replaced = (before: string, after: string): KeyChange => ({
  verdict: 'looser',
  what: 'other keys are trusted',
  before,
  after,
});

function addresses(was: Of<'remote'>, is: Of<'remote'>): readonly KeyChange[] {
  const text = ({ jwksUri, discovery }: Of<'remote'>) => jwksUri ?? `${discovery} discovery`;
  const [before, after] = [text(was), text(is)];
  const both = was.jwksUri !== undefined && is.jwksUri !== undefined;
  return [
    ...(before === after ? [] : both ? [replaced(before, after)] : [unknown('jwks_uri', before, after)]),
    ...sets(was.httpHosts, is.httpHosts, 'keys over plain http'),
    ...pins(was.pins, is.pins),
  ];
}

const unknown = (what: string, before: string, after: string): KeyChange => ({
  verdict: 'may_differ',
  what,
  before,
  after,
});

/** For how long, and out of how large a document, keys are trusted; what is left decides when the issuer is asked. */
const AGEING: ReadonlySet<keyof JwksCachePolicy> = new Set([
  'maxAgeSeconds',
  'minFreshSeconds',
  'maxFreshSeconds',
  'staleWhileRevalidateSeconds',
  'staleIfErrorSeconds',
  'maxBytes',
  'maxKeys',
]);

function ageing(was: Of<'remote'>, is: Of<'remote'>): readonly KeyChange[] {
  return plainChanges(was.cache, is.cache).map(({ path, before, after }): KeyChange => {
    const member = path[0] as keyof JwksCachePolicy;
    const what = `jwks_cache ${member.replace(/Seconds$|Ms$/, '').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`)}`;
    const verdict = AGEING.has(member)
      ? was.cache[member] < is.cache[member]
        ? 'looser'
        : 'stricter'
      : 'other';
    return { verdict, what, before, after };
  });
}

function secrets(was: Of<'secret'>, is: Of<'secret'>): readonly KeyChange[] {
  return was.encoding === is.encoding
    ? sets(new Set(was.bindings), new Set(is.bindings), 'secrets')
    : [replaced(textOf(was), textOf(is))];
}

/** Keys that stand in the policy itself; undefined: they are fetched, or secret. */
function given(source: KeyProviderSource): { keys: ReadonlySet<string>; pins: KeyPins } | undefined {
  switch (source.from) {
    case 'inline': {
      const { keys } = source.jwks;
      return Array.isArray(keys) ? { keys: new Set(keys.map(textOf)), pins: source.pins } : undefined;
    }
    case 'pem':
      return { keys: new Set(source.blocks.map(textOf)), pins: source.pins };
    default:
      return undefined;
  }
}

function pins(was: KeyPins, is: KeyPins): readonly KeyChange[] {
  return samePlain(was, is)
    ? []
    : [
        ...sets(was.allowedKids, is.allowedKids, 'allowed kids'),
        ...sets(was.allowedThumbprints, is.allowedThumbprints, 'allowed thumbprints'),
        // What is blocked is what is not trusted.
        ...sets(was.blockedKids, is.blockedKids, 'blocked kids').map((change): KeyChange => {
          const { verdict } = change;
          return { ...change, verdict: verdict === 'looser' ? 'stricter' : 'looser' };
        }),
      ];
}

/** undefined: any. More is the looser; what has nothing in common with what it was is both. */
function sets(
  was: ReadonlySet<string> | undefined,
  is: ReadonlySet<string> | undefined,
  what: string,
): readonly KeyChange[] {
  const beyond = (a: typeof was, b: typeof was) =>
    b !== undefined && (a === undefined || [...a].some((name) => !b.has(name)));
  const [before, after] = [was, is].map((set) =>
    set === undefined ? 'any' : [...set].toSorted().join(' ') || 'none',
  );
  const change = { what, before: before ?? '', after: after ?? '' };
  return [
    ...(beyond(is, was) ? [{ verdict: 'looser', ...change } as const] : []),
    ...(beyond(was, is) ? [{ verdict: 'stricter', ...change } as const] : []),
  ];
}
