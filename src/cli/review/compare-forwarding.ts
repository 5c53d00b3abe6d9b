import type { CorsPolicy, RateLimitPolicy } from '../../core/answer-policy.ts';
import type { Route } from '../../core/policy.ts';
import type { Difference } from './difference.ts';
import { plainChanges, samePlain, textOf } from './plain-changes.ts';

/** Members of a route that other files compare, or that are names alone. */
const ELSEWHERE = new Set(['name', 'match', 'access', 'enforce', 'upstream', 'cors', 'rateLimit']);
/** Members of an access that `compare-reach.ts` and `compare-tokens.ts` have to do with. */
const ACCESS_ELSEWHERE = new Set([
  'name',
  'authentication',
  'requirement',
  'profiles',
  'sources',
  'revocation',
]);
/** What an origin gets to hear or to believe more than before, whatever the change. */
const TRUSTS: ReadonlySet<string> = new Set(['keepHeaders', 'preflight', 'forwardToken']);

/** All of two routes that does not decide who gets through: where to, what the origin hears, what the client does. */
export function compareForwarding(old: Route, now: Route): readonly Difference[] {
  return [
    ...movedTo(old, now),
    ...upstream(old, now),
    ...revocation(old, now),
    ...cors(old.cors, now.cors),
    ...rates(old, now),
    ...rest(old, now),
  ];
}

function movedTo({ upstream: old }: Route, { upstream: now }: Route): readonly Difference[] {
  const text = ({ origin, path }: typeof old) =>
    `${origin.kind === 'url' ? origin.origin : `service:${origin.binding}`}${path === undefined ? '' : ` with path ${textOf(path)}`}`;
  if (samePlain([old.origin, old.path ?? null], [now.origin, now.path ?? null])) return [];
  const same = text(old) === text(now);
  const [before, after] = same ? [textOf(old.origin), textOf(now.origin)] : [text(old), text(now)];
  return [
    { verdict: 'moved', widening: false, what: 'another origin, or another path there', before, after },
  ];
}

/** What is consumed follows from the token sources, which are compared. */
function upstream({ upstream: old }: Route, { upstream: now }: Route): readonly Difference[] {
  const without = ({
    name: _name,
    origin: _origin,
    path: _path,
    consumes: _consumes,
    ...others
  }: typeof old) => others;
  return plainChanges(without(old), without(now)).map(({ path, before, after }) => ({
    verdict: 'other',
    widening: TRUSTS.has(path[0] ?? '') && !(path[0] === 'forwardToken' && after === 'false'),
    what: path.map(snakeCase).join('.'),
    before,
    after,
  }));
}

const MODES = ['strict', 'cached', 'replicated', 'off'];

function revocation({ access: old }: Route, { access: now }: Route): readonly Difference[] {
  const [was, is] = [old.revocation, now.revocation];
  // From or to none at all, `compare-sources.ts` tells with a token that shows it.
  if (was.mode === 'off' || is.mode === 'off') return [];
  return plainChanges(was, is).map(({ path, before, after }) => {
    const [member = ''] = path;
    const widening =
      (member === 'mode' && MODES.indexOf(is.mode) > MODES.indexOf(was.mode)) ||
      (member === 'maxStalenessSeconds' && is.maxStalenessSeconds > was.maxStalenessSeconds) ||
      (member === 'onUnavailable' && is.onUnavailable === 'accept');
    return { verdict: 'other', widening, what: `revocation.${snakeCase(member)}`, before, after };
  });
}

function cors(old: CorsPolicy | undefined, now: CorsPolicy | undefined): readonly Difference[] {
  const changes = plainChanges({ cors: old }, { cors: now });
  return changes.map(({ path, before, after }) => ({
    verdict: 'other',
    // Which pages may read what: anything new may be more.
    widening: now !== undefined && !(path[1] === 'credentials' && after === 'false') && path[1] !== 'maxAge',
    what: path.map(snakeCase).join('.'),
    before,
    after,
  }));
}

function rates({ rateLimit: old }: Route, { rateLimit: now }: Route): readonly Difference[] {
  const nameless = (limit: RateLimitPolicy | undefined) =>
    limit && { ...limit, name: '', scope: '', fieldName: '' };
  return plainChanges({ rateLimit: nameless(old) }, { rateLimit: nameless(now) }).map(
    ({ path, before, after }) => ({
      verdict: 'other',
      widening:
        now === undefined ||
        (old !== undefined && now.limit / now.periodSeconds > old.limit / old.periodSeconds),
      what: path.map(snakeCase).join('.'),
      before,
      after,
    }),
  );
}

/** Whatever else there is, or comes to be: it is told, and not taken for harmless. */
function rest(old: Route, now: Route): readonly Difference[] {
  const others = (from: object, known: ReadonlySet<string>) =>
    Object.fromEntries(Object.entries(from).filter(([name]) => !known.has(name)));
  return [
    ...plainChanges(others(old, ELSEWHERE), others(now, ELSEWHERE)),
    ...plainChanges(others(old.access, ACCESS_ELSEWHERE), others(now.access, ACCESS_ELSEWHERE), ['access']),
  ].map(({ path, before, after }) => ({
    verdict: 'other',
    widening: !['login', 'resource'].includes(path[0] ?? ''),
    what: path.map(snakeCase).join('.'),
    before,
    after,
  }));
}

const snakeCase = (name: string): string =>
  name.replace(/(?:Seconds|Ms)$/, '').replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
