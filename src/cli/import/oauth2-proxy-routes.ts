import { OPEN } from './access.ts';
import { tellOfSet } from './first-match.ts';
import type { Outcome } from './model.ts';
import { pathsContaining } from './path-regex.ts';
import type { PeerContext } from './peer.ts';
import type { Reach } from './reach.ts';
import { EVERYTHING, isSaidWhole, onlyMethods, type RequestSet } from './request-set.ts';
import type { SourceTable } from './source-node.ts';

/** Requests that pass without a login. `isOther`: those of the methods whose paths are not among `paths`. */
export interface OpenRoute {
  readonly methods: RequestSet;
  readonly paths: RequestSet;
  readonly isOther: boolean;
  readonly outcome: Outcome;
}

export const setsOf = ({ methods, paths }: OpenRoute): readonly RequestSet[] => [methods, paths];

/** The route by which all of a cell's requests surely pass without a login. */
export const openTo =
  (routes: readonly OpenRoute[]) =>
  (reach: (set: RequestSet) => Reach): Outcome | undefined =>
    routes.find(
      ({ methods, paths, isOther }) =>
        reach(methods) === 'all' && reach(paths) === (isOther ? 'none' : 'all'),
    )?.outcome;

/** Regular expressions that are looked for anywhere in a path, after a method and `=`, or `!=` where they must not be found. */
export function openRoutes(config: SourceTable, context: PeerContext): readonly OpenRoute[] {
  const preflight = config.flag('skip_auth_preflight') === true ? [preflightRoute(config, context)] : [];
  const given = ['skip_auth_routes', 'skip_auth_route', 'skip_auth_regex'].flatMap((key) =>
    (config.texts(key) ?? []).map((text) => ({ key, text })),
  );
  return [...preflight, ...given.map((each) => openRoute(each, config, context))];
}

const preflightRoute = (config: SourceTable, { origin }: PeerContext): OpenRoute => ({
  methods: { ...EVERYTHING, methods: onlyMethods(['OPTIONS']) },
  paths: EVERYTHING,
  isOther: false,
  outcome: {
    label: 'preflight',
    line: config.lineOf('skip_auth_preflight'),
    access: OPEN,
    upstream: { origin },
  },
});

function openRoute(
  { key, text }: { readonly key: string; readonly text: string },
  config: SourceTable,
  { losses, origin }: PeerContext,
): OpenRoute {
  const line = config.lineOf(key);
  const what = `${key}: ${text}`;
  const [, method = '', equals = '', after] =
    key === 'skip_auth_regex' ? [] : (/^(.*?)(!?=)(.*)$/s.exec(text) ?? []);
  const pattern = after ?? text;
  const isOther = equals === '!=';
  const paths = { ...EVERYTHING, paths: pathsContaining(pattern) };
  if (isOther ? !isSaidWhole(paths) : paths.paths.inner.length === 0)
    losses.add(line, what, 'an expression that no path of a route can say', 'it opens nothing');
  else if (!pattern.startsWith('^') && !isOther)
    losses.add(line, what, 'it is looked for anywhere in a path', 'it opens what begins so');
  else tellOfSet(line, what, paths, losses);
  return {
    methods: method === '' ? EVERYTHING : { ...EVERYTHING, methods: onlyMethods([method.toUpperCase()]) },
    paths,
    isOther,
    outcome: {
      label: isOther ? 'open' : pattern.replace(/[^A-Za-z0-9]+/g, '-') || 'open',
      line,
      access: OPEN,
      upstream: { origin },
    },
  };
}
