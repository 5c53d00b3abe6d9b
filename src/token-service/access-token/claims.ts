import type { JsonObject, JsonValue } from '../../core/jose.ts';
import { resolveClaim } from '../../core/resolve-claim.ts';
import type { NumericDate } from '../../core/time.ts';
import type { Resource } from '../policy.ts';

/** Whom an access token is for, and on whose behalf. */
export interface TokenFacts {
  /** The user; the client itself where there is none (RFC 9068 §2.2). */
  readonly subject: string;
  readonly clientId: string;
  readonly scope: readonly string[];
  /** The grant; undefined for a client of its own accord. */
  readonly sid: string | undefined;
  readonly authTime: NumericDate | undefined;
  readonly acr: string | undefined;
  readonly amr: readonly string[] | undefined;
  /** RFC 8693 §4.1. */
  readonly actor: JsonObject | undefined;
  /** What the login said, from which a resource's claims are taken. */
  readonly login: JsonObject;
}

/** What the issuer adds to the facts. */
export interface Issuing {
  readonly issuer: string;
  readonly jti: string;
  readonly lifetimeSeconds: number;
}

/** The claims of an access token (RFC 9068 §2.2). Times are whole seconds: some verifiers take no others. */
export function accessTokenClaims(
  facts: TokenFacts,
  resource: Resource,
  { issuer, jti, lifetimeSeconds }: Issuing,
  now: NumericDate,
): JsonObject {
  const iat = Math.floor(now);
  const optional: JsonObject = {
    scope: facts.scope.length === 0 ? undefined : facts.scope.join(' '),
    sid: facts.sid,
    auth_time: facts.authTime === undefined ? undefined : Math.floor(facts.authTime),
    acr: facts.acr,
    amr: facts.amr,
    act: facts.actor,
  };
  return {
    ...loginClaims(facts.login, resource),
    iss: issuer,
    sub: facts.subject,
    aud: resource.audience,
    client_id: facts.clientId,
    iat,
    nbf: iat,
    exp: iat + lifetimeSeconds,
    jti,
    ...present(optional),
  };
}

/** What a resource's configuration takes from the login; a claim that the login lacks is left out. */
const loginClaims = (login: JsonObject, { claims }: Resource): JsonObject =>
  present(Object.fromEntries(claims.map(({ name, path }) => [name, resolveClaim(login, path)])));

const present = (members: JsonObject): JsonObject =>
  Object.fromEntries(Object.entries(members).filter(([, value]) => value !== undefined && value !== null));

/** The members of a login that some resource asks for: nothing else is stored. */
export function neededClaims(login: JsonObject, resources: Iterable<Resource>): JsonObject {
  const wanted = new Set([...resources].flatMap(({ claims }) => claims.map(({ path }) => path[0])));
  return Object.fromEntries(Object.entries(login).filter(([name]) => wanted.has(name)));
}

/** RFC 8176 §1: how somebody has logged in. A list of texts, or null; a longer list than any login needs is none. */
export const methodsOf = (amr: JsonValue | undefined): readonly string[] | null =>
  Array.isArray(amr) && amr.length > 0 && amr.length <= MAX_METHODS && amr.every(isMethod) ? amr : null;

const MAX_METHODS = 16;
const isMethod = (value: JsonValue): value is string => typeof value === 'string' && value.length <= 64;
