import type { RateLimitPolicy } from '../core/answer-policy.ts';
import type { Policy, Route } from '../core/policy.ts';
import { RATE_LIMIT_DEFAULTS } from './defaults.ts';
import { parseEndpoint } from './endpoint.ts';
import type { Reading } from './place.ts';
import { type ConfigProblem, problem } from './problem.ts';
import { checkBinding, type Rate, rateOf } from './rate-binding.ts';
import type { GatewayTable, RouteTable } from './schema.ts';
import type { Bindings } from './variables.ts';

/** Checks the `rate_limit` table of a route. Mistakes are added to `problems`. */
export function compileRateLimit(
  table: RouteTable,
  { name, access }: Pick<Route, 'name' | 'access'>,
  bindings: Bindings,
  reading: Reading,
): RateLimitPolicy | undefined {
  const { rate_limit: limit } = table;
  if (limit === undefined) return undefined;
  const { faulty, problems } = reading;
  const at = [...reading.path, 'rate_limit'];
  const here = { ...reading, path: at };
  const { by, binding, claim } = limit;
  const complain = (key: string, found: string, allowed: string) =>
    problems.push(problem([...at, key], found, allowed));
  if (by === undefined && !faulty('rate_limit', 'by')) {
    complain('by', 'nothing', 'whose requests are counted together, such as "subject" or "address"');
  }
  if (by !== undefined && by !== 'address' && access.authentication === 'none') {
    complain('by', `"${by}" beside authentication = "none"`, '"address": nobody is known on this route');
  }
  if (by === 'tenant' && ![...access.profiles.values()].flat().some(({ tenantClaim }) => tenantClaim)) {
    complain(
      'by',
      '"tenant", which no issuer of the route tells',
      'tenant_claim on an issuer, or by = "claim"',
    );
  }
  if (by === 'claim' && claim === undefined && !faulty('rate_limit', 'claim')) {
    complain('claim', 'nothing', 'the claim whose value is counted by');
  }
  if (by !== undefined && by !== 'claim' && claim !== undefined) {
    complain('claim', `claim beside by = "${by}"`, 'claim beside by = "claim" alone');
  }
  const rate = rateOf(limit, ['rate_limit'], reading);
  const exact = limit.exact ?? false;
  if (binding !== undefined && exact) complain('binding', 'binding beside exact = true', 'one of the two');
  if (binding === undefined && !exact && !faulty('rate_limit', 'binding')) {
    complain('binding', 'nothing', 'the name of a [[ratelimits]] binding, or exact = true');
  }
  if (binding !== undefined && !exact) checkBinding(binding, rate, bindings, here);
  if (exact) checkRedis(bindings, problems);
  if (by === undefined || rate === undefined) return undefined;
  return {
    name,
    by,
    claim: claim?.path,
    scope: exact || binding === undefined ? `route ${name}` : `binding ${binding}`,
    fieldName: JSON.stringify(name),
    ...rate,
    binding: exact ? undefined : binding,
    onUnavailable: limit.on_unavailable ?? RATE_LIMIT_DEFAULTS.onUnavailable,
    timeoutMs: limit.timeout ?? RATE_LIMIT_DEFAULTS.timeout,
  };
}

/** Its own secrets: what may count must write, and the gateway's word from the deny-list's store is to read alone. */
function checkRedis(bindings: Bindings, problems: ConfigProblem[]): void {
  const { RATE_LIMIT_REDIS_REST_URL: url, RATE_LIMIT_REDIS_REST_TOKEN: token } = bindings;
  const complain = (name: string, value: unknown, allowed: string) => {
    if (problems.some(({ path }) => path === name)) return;
    problems.push(problem([name], value === undefined ? 'nothing' : 'a value that is none', allowed));
  };
  if (typeof url !== 'string' || parseEndpoint(url) === undefined) {
    complain(
      'RATE_LIMIT_REDIS_REST_URL',
      url,
      'an https URL (http only to localhost) of the Redis that exact limits count in',
    );
  }
  if (typeof token !== 'string' || token.trim() === '') {
    complain('RATE_LIMIT_REDIS_REST_TOKEN', token, 'a token that may write to RATE_LIMIT_REDIS_REST_URL');
  }
}

/** Checks `failed_authentication_limit` of `[vars.GATEWAY]`. */
export function compileFailedLimit(
  table: GatewayTable,
  bindings: Bindings,
  { faulty, problems }: Pick<Reading, 'faulty' | 'problems'>,
): Policy['failedAuthenticationLimit'] {
  const { failed_authentication_limit: limit } = table;
  if (limit === undefined) return undefined;
  const key = 'failed_authentication_limit';
  const reading = {
    path: ['GATEWAY', key],
    faulty: (...place: (string | number)[]) => faulty(key, ...place),
    problems,
  };
  const rate = rateOf(limit, [], reading);
  if (limit.binding === undefined) {
    if (!faulty(key, 'binding')) {
      problems.push(problem([...reading.path, 'binding'], 'nothing', 'the name of a [[ratelimits]] binding'));
    }
    return undefined;
  }
  checkBinding(limit.binding, rate, bindings, reading);
  if (table.token_cache?.entries === 0) {
    problems.push(
      problem(
        reading.path,
        'a limit beside token_cache = { entries = 0 }',
        'a token cache: it tells those who have shown a good token from those who guess',
      ),
    );
  }
  return rate && { binding: limit.binding, ...rate };
}

/** One binding counts one limit, whoever names it. */
export function checkOneRate(
  routes: readonly { readonly variable: string; readonly route: Route }[],
  failed: Policy['failedAuthenticationLimit'],
  problems: ConfigProblem[],
): void {
  const known = new Map<string, Rate & { readonly where: string }>();
  if (failed !== undefined)
    known.set(failed.binding, { ...failed, where: 'GATEWAY.failed_authentication_limit' });
  for (const { variable, route } of routes) {
    const { rateLimit } = route;
    if (rateLimit?.binding === undefined) continue;
    const { limit, periodSeconds, binding } = rateLimit;
    const other = known.get(binding);
    if (other !== undefined && (other.limit !== limit || other.periodSeconds !== periodSeconds)) {
      problems.push(
        problem(
          [variable, route.name, 'rate_limit'],
          `${limit} in ${periodSeconds} s`,
          `${other.limit} in ${other.periodSeconds} s, as ${other.where} has it of the same binding; or a binding of its own`,
        ),
      );
    }
    known.set(binding, { limit, periodSeconds, where: `${variable}.${route.name}` });
  }
}
