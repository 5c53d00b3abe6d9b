import { revocationKey } from '../../core/key-names.ts';
import type { Policy, TokenProfile } from '../../core/policy.ts';
import { decodeToken } from '../../tokens/decode.ts';
import { type ClientRequest, loadAskOffline, type Outcome } from '../offline/port.ts';
import type { StandInKeys } from '../stand-in/keys.ts';
import { mintToken } from '../stand-in/mint.ts';
import type { NamedCase } from './read-cases.ts';

/** A host that no route names, for requests whose URL is a path alone. */
const DEFAULT_ORIGIN = 'https://gateway.example';

/** One case as it went: `failures` are sentences, none where it holds. */
export interface CaseResult {
  readonly name: string;
  readonly failures: readonly string[];
  readonly durationMs: number;
}

/** Sends the request of a case through the gateway, offline, and compares what became of it with what is expected. */
export async function runCase(one: NamedCase, policy: Policy, keys: StandInKeys): Promise<CaseResult> {
  const started = performance.now();
  const result = (failures: readonly string[]): CaseResult => ({
    name: one.name,
    failures,
    durationMs: performance.now() - started,
  });
  const now = Date.now() / 1000;
  const { token = undefined } = one;
  const profile = token && profileNamed(token.issuer, policy);
  if (typeof profile === 'string') return result([profile]);
  const jwt = profile && token ? await mintToken(profile, wishOf(token), keys, now) : undefined;
  const revoked =
    jwt !== undefined && token?.revoked === true && profile ? identifierOf(jwt, profile) : undefined;
  const askOffline = await loadAskOffline();
  const outcome = await askOffline(policy, requestOf(one, jwt), {
    keys,
    clock: () => now,
    revoked: new Set(revoked === undefined ? [] : [revoked]),
  });
  return result(compare(one.expect ?? {}, outcome));
}

/** The profile of that name, the only one where none is named, or why there is none. */
export function profileNamed(name: string | undefined, { issuers }: Policy): TokenProfile | string {
  const names = issuers.map((issuer) => issuer.name).join(', ');
  if (name !== undefined) {
    return (
      issuers.find((issuer) => issuer.name === name) ?? `there is no issuer ${name}; there are: ${names}`
    );
  }
  const [only, ...others] = issuers;
  if (only === undefined) return 'there is no issuer in the policy';
  return others.length === 0 ? only : `token.issuer has to say which of these: ${names}`;
}

const wishOf = (token: NonNullable<NamedCase['token']>) => ({
  ...token,
  expiresInSeconds: token.expires_in,
  issuedAgoSeconds: token.issued_ago,
  algorithm: token.alg,
});

function identifierOf(jwt: string, { issuer, jtiClaim }: TokenProfile): string | undefined {
  const decoded = decodeToken(jwt);
  const jti = decoded.ok ? decoded.value.claims[jtiClaim] : undefined;
  return typeof jti === 'string' ? revocationKey('jti', issuer, jti) : undefined;
}

function requestOf({ request = {} }: NamedCase, jwt: string | undefined): ClientRequest {
  const { method = 'GET', url = '/', headers = {}, body } = request;
  const sent = Object.entries(headers);
  const own = sent.some(([name]) => name.toLowerCase() === 'authorization');
  return {
    method,
    url: url.startsWith('/') ? `${DEFAULT_ORIGIN}${url}` : url,
    headers: jwt === undefined || own ? sent : [...sent, ['Authorization', `Bearer ${jwt}`]],
    body,
  };
}

function compare(expected: NonNullable<NamedCase['expect']>, { response, event, asked }: Outcome): string[] {
  const reason = event.reason ?? 'none';
  const failures: string[] = [];
  const differs = (what: string, wanted: unknown, got: unknown) => {
    if (wanted !== undefined && wanted !== got) failures.push(`${what}: expected ${wanted}, got ${got}`);
  };
  const why = reason === 'none' ? '' : ` (${reason}${event.evidence ? `: ${event.evidence}` : ''})`;
  if (expected.status !== undefined && expected.status !== response.status) {
    failures.push(`status: expected ${expected.status}, got ${response.status}${why}`);
  }
  differs('route', expected.route, event.route ?? 'none');
  differs('reason', expected.reason, reason);
  const headers = (
    what: string,
    wanted: typeof expected.headers,
    got: Outcome['response']['headers'] | undefined,
  ) => {
    for (const [name, value] of Object.entries(wanted ?? {})) {
      const found = got?.get(name) ?? undefined;
      if (value === false ? found !== undefined : found !== value) {
        failures.push(
          `${what} ${name}: expected ${value === false ? 'none' : JSON.stringify(value)}, got ${found === undefined ? 'none' : JSON.stringify(found)}`,
        );
      }
    }
  };
  if (expected.headers !== undefined && asked === undefined) failures.push(`the origin was not asked${why}`);
  else headers('header', expected.headers, asked?.headers);
  headers('answer header', expected.answer_headers, response.headers);
  return failures;
}
