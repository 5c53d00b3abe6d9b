import type { HeaderMapping, Route, Upstream } from '../core/policy.ts';
import type { Reading } from './place.ts';
import { type ConfigProblem, problem, problemAt, quoted } from './problem.ts';
import type { RequestRules } from './request-rules.ts';
import type { RouteTable } from './schema.ts';

/** RFC 9110 §5.6.2. */
export const FIELD_NAME = /^[A-Za-z0-9!#$%&'*+.^_`|~-]{1,64}$/;

const MAPPING_FAULTS = {
  reserved: 'a header that the gateway and the connection do not use themselves',
  standard: 'a header without a standard meaning of its own, such as "X-User-Id"',
} as const;

/**
 * Header name → claim, for all `names`, of which those with a faulty claim are not in `table`. Names must be sendable, not reserved, and different after folding.
 */
export function compileHeaders(
  table: NonNullable<RouteTable['headers']>,
  names: readonly string[],
  rules: RequestRules,
  { path: route, faulty, problems }: Reading,
): readonly HeaderMapping[] {
  const at = [...route, 'headers'];
  const byFoldedName = new Map<string, string>();
  return names.flatMap((header): HeaderMapping[] => {
    const value = Object.hasOwn(table, header) ? table[header] : undefined;
    const here = [...at, header];
    if (!FIELD_NAME.test(header)) {
      problems.push(problem(here, 'a header name', '1 to 64 characters of a header name (RFC 9110 §5.6.2)'));
      return [];
    }
    const folded = rules.foldHeaderName(header);
    const other = byFoldedName.get(folded);
    const fault = rules.mappingFault(header);
    if (fault !== undefined) problems.push(problemAt(here, header, MAPPING_FAULTS[fault]));
    if (other !== undefined) {
      problems.push(
        problem(
          here,
          quoted([other, header]),
          `names that differ in more than case and punctuation: origins may read both as ${quoted([folded])}`,
        ),
      );
    }
    byFoldedName.set(folded, header);
    const mapping = value !== undefined && 'path' in value ? { claim: value } : value;
    if (mapping?.payload !== undefined) {
      for (const key of ['claim', 'type', 'join'] as const) {
        if (mapping[key] === undefined) continue;
        problems.push(problem([...here, key], `${key} beside payload`, 'payload alone: it is all claims'));
      }
      return [{ header, claim: ['payload'], type: 'object', join: undefined, payload: true }];
    }
    if (mapping?.claim === undefined) {
      if (faulty('headers', header)) return [];
      problems.push(problem([...here, 'claim'], 'nothing', 'a claim name, or a JSON Pointer'));
      return [];
    }
    const { join, type = join === undefined ? 'any' : 'array' } = mapping;
    if (join !== undefined && type !== 'array') {
      problems.push(problemAt([...here, 'type'], type, '"array", or no type: join is for lists'));
    }
    return [{ header, claim: mapping.claim.path, type, join, payload: false }];
  });
}

/** The headers that an origin hears from the gateway alone, so that no client's copy of them may pass on any route. */
export const writtenHeaders = (
  { headers, requestHeaders, signedIdentity }: Upstream,
  { isStrippedWhereSet }: RequestRules,
): readonly string[] =>
  [
    ...headers,
    ...(requestHeaders?.set ?? []).filter(({ header }) => isStrippedWhereSet(header)),
    ...(signedIdentity === undefined ? [] : [signedIdentity]),
  ].map(({ header }) => header);

/** Headers of other proxies that a route lets through: what is not stripped in the first place needs no leave. */
export function compileKeptHeaders(
  names: readonly string[],
  rules: RequestRules,
  { path: route, problems }: Reading,
): readonly string[] {
  names.forEach((header, index) => {
    if (FIELD_NAME.test(header) && rules.isKeepable(header)) return;
    const allowed = 'a header by which another proxy tells who is calling, such as "Cf-Access-Jwt-Assertion"';
    problems.push(problemAt([...route, 'keep_headers', index], header, allowed));
  });
  return [...new Set(names)];
}

/** A mapped header is stripped from every client on every route, so that no route can let the client's copy through. */
export function checkKeptHeaders(
  routes: readonly { readonly variable: string; readonly route: Route }[],
  mapped: ReadonlySet<string>,
  rules: RequestRules,
  problems: ConfigProblem[],
): void {
  for (const { variable, route } of routes) {
    route.upstream.keepHeaders.forEach((header, index) => {
      if (!mapped.has(rules.foldHeaderName(header))) return;
      const at = [variable, route.name, 'keep_headers', index];
      problems.push(
        problemAt(at, header, 'a header that no route maps: clients could write what the gateway does'),
      );
    });
  }
}
