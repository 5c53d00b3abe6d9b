import type { Route } from '../../core/policy.ts';
import { compareTokens, someToken } from './compare-tokens.ts';
import { type Difference, NO_TOKEN } from './difference.ts';
import type { Pair } from './pair.ts';

/** Who gets through a route without being known. `open`: anybody, whatever they present. */
export type Openness = 'open' | 'optional' | 'required';

export const opennessOf = ({ access, enforce }: Route): Openness =>
  access.authentication === 'none' || enforce === 'report' ? 'open' : access.authentication;

/** Whether requests of a region get through to an origin at all, and with which tokens. */
export function compareReach(pair: Pair): readonly Difference[] {
  const { old, new: now } = pair;
  if (old.route === undefined || now.route === undefined) return compareEnds(pair);
  const [was, is] = [opennessOf(old.route), opennessOf(now.route)];
  const [before, after] = [was, is].map((each) => WORDS[each]);
  if (was === 'required' && is !== 'required') {
    return [
      { ...newlyReachable(pair), before, after },
      ...(is === 'optional' ? compareTokens(pair, old.route, now.route) : []),
    ];
  }
  if (was !== 'required' && is === 'required') {
    return [
      { ...newlyRefused(pair, 'a token is needed'), before, after },
      ...(was === 'optional' ? compareTokens(pair, old.route, now.route) : []),
    ];
  }
  if (was === 'open' && is === 'open') return compareOpen(old.route, now.route);
  if (was === is) return compareTokens(pair, old.route, now.route);
  const stricter = is === 'optional';
  const [source] = (stricter ? now.route : old.route).access.sources;
  return [
    {
      verdict: stricter ? 'stricter' : 'looser',
      widening: !stricter,
      what: stricter ? 'who presents a token must be let in by it' : 'tokens are not looked at',
      before,
      after,
      witness: source && {
        ...pair.request,
        token: { text: NO_TOKEN, source },
        passes: stricter ? 'old' : 'new',
      },
    },
  ];
}

const WORDS: Readonly<Record<Openness, string>> = {
  open: 'no authentication',
  optional: 'authentication optional',
  required: 'authentication required',
};

function compareEnds(pair: Pair): readonly Difference[] {
  const { old, new: now } = pair;
  if (now.route !== undefined) {
    if (opennessOf(now.route) !== 'required')
      return [{ ...newlyReachable(pair), before: old.text, after: now.text }];
    const token = someToken(pair, now);
    if (token === 'none') return [];
    const change = { what: 'a route where none was', before: old.text, after: now.text };
    return token === 'undecided'
      ? [{ verdict: 'may_differ', widening: true, ...change }]
      : [
          {
            verdict: 'looser',
            widening: true,
            ...change,
            witness: { ...pair.request, token, passes: 'new' },
          },
        ];
  }
  if (old.route !== undefined) {
    const change = { before: old.text, after: now.text };
    if (opennessOf(old.route) !== 'required')
      return [{ ...newlyRefused(pair, 'no route any more'), ...change }];
    const token = someToken(pair, old);
    if (token === 'none') return [];
    return token === 'undecided'
      ? [{ verdict: 'may_differ', widening: false, what: 'no route any more', ...change }]
      : [
          {
            ...newlyRefused(pair, 'no route any more'),
            ...change,
            witness: { ...pair.request, token, passes: 'old' },
          },
        ];
  }
  return old.text === now.text
    ? []
    : [{ verdict: 'other', widening: false, what: 'refused otherwise', before: old.text, after: now.text }];
}

const newlyReachable = ({ request }: Pair): Difference => ({
  verdict: 'newly_reachable',
  widening: true,
  what: 'no token is needed',
  witness: { ...request, token: undefined, passes: 'new' },
});

const newlyRefused = ({ request }: Pair, what: string): Difference => ({
  verdict: 'newly_refused',
  widening: false,
  what,
  witness: { ...request, token: undefined, passes: 'old' },
});

/** Both let everything through; what differs is whom the origin hears of. */
function compareOpen(old: Route, now: Route): readonly Difference[] {
  const text = ({ access, enforce }: Route) =>
    access.authentication === 'none'
      ? WORDS.open
      : `authentication ${access.authentication}, enforce ${enforce}`;
  return text(old) === text(now)
    ? []
    : [
        {
          verdict: 'other',
          widening: false,
          what: 'whom the origin hears of',
          before: text(old),
          after: text(now),
        },
      ];
}
