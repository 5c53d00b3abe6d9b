import { type Algorithm, HMAC_ALGORITHMS } from '../core/jose.ts';
import type { JwksCachePolicy, KeyPins, KeyProviderSource } from '../core/policy.ts';
import { compileHmac, isHmac } from './compile-hmac.ts';
import { compilePem } from './compile-pem.ts';
import { ISSUER_DEFAULTS, JWKS_CACHE_DEFAULTS } from './defaults.ts';
import { durationText } from './duration.ts';
import { parseUrl } from './endpoint.ts';
import { checkInlineJwks } from './inline-jwks.ts';
import { discoveryHint } from './issuer-address.ts';
import { readTemplate } from './issuer-template.ts';
import type { Reading } from './place.ts';
import { type Address, checkPlainHttp } from './plain-http.ts';
import { type ConfigProblem, type PathSegment, problem, problemAt, quoted } from './problem.ts';
import type { IssuerTable } from './schema.ts';
import { checkService } from './service-binding.ts';
import type { ReadTable } from './table.ts';
import type { Bindings } from './variables.ts';

const SOURCES = ['jwks_uri', 'jwks', 'pem', 'hmac_secret'] as const;
const PINS = ['allowed_kids', 'allowed_thumbprints', 'blocked_kids'] as const;

/** Decides where an issuer's keys come from. Undefined when that cannot be told; `problems` then says why. */
export function compileKeys(
  table: IssuerTable,
  algorithms: ReadonlySet<Algorithm>,
  bindings: Bindings,
  reading: Reading,
): KeyProviderSource | undefined {
  const { path, faulty, problems } = reading;
  const given = SOURCES.filter((key) => table[key] !== undefined || faulty(key));
  const [source] = given;
  if (given.length > 1) {
    problems.push(
      problem(path, given.join(' and '), `at most one of ${SOURCES.join(', ')}; none: discovery`),
    );
    return undefined;
  }
  const useless = [
    ...(source === undefined || source === 'jwks_uri' ? [] : (['jwks_cache', 'allow_http'] as const)),
    ...(source === undefined ? [] : (['discovery'] as const)),
    ...(source === 'hmac_secret' ? PINS : (['hmac_secret_encoding'] as const)),
    ...(source === 'pem' ? (['allowed_kids', 'blocked_kids'] as const) : []),
  ];
  for (const key of useless) {
    if (table[key] !== undefined)
      problems.push(
        source === undefined
          ? problem(
              [...path, key],
              `${key} without hmac_secret`,
              `no ${key}: it has no effect without hmac_secret`,
            )
          : problem(
              [...path, key],
              `${key} beside ${source}`,
              `no ${key}: it has no effect beside ${source}`,
            ),
      );
  }
  checkFamily(table, source === 'hmac_secret', path, problems);
  const pins = compilePins(table, path, problems);
  if (table.hmac_secret !== undefined) return compileHmac(table, algorithms, bindings, reading);
  if (table.pem !== undefined) {
    const blocks = compilePem(table.pem, [...path, 'pem'], problems);
    return blocks && { from: 'pem', blocks, pins };
  }
  if (table.jwks !== undefined) {
    const keys = checkInlineJwks(table.jwks.keys, [...path, 'jwks', 'keys'], problems);
    return keys && { from: 'inline', jwks: { keys }, pins };
  }
  if (source === undefined && table.issuer !== undefined)
    checkDiscoverable(table.issuer, [...path, 'issuer'], problems);
  const service = table.jwks_uri?.service;
  if (service !== undefined) checkService(service, bindings, [...path, 'jwks_uri'], problems);
  return {
    from: 'remote',
    jwksUri: table.jwks_uri?.text,
    httpHosts: checkPlainHttp(table.allow_http, addressesOf(table), reading),
    discovery: table.discovery ?? ISSUER_DEFAULTS.discovery,
    cache: compileCache(table.jwks_cache ?? {}, faulty, [...path, 'jwks_cache'], problems),
    pins,
  };
}

/** A key published as public must never be usable as an HMAC secret, so one issuer has one family (RFC 8725 §2.1, §3.1). */
function checkFamily(
  table: IssuerTable,
  hmac: boolean,
  path: readonly PathSegment[],
  problems: ConfigProblem[],
): void {
  const wrong = (table.algorithms ?? []).filter((algorithm) => isHmac(algorithm) !== hmac);
  if (wrong.length === 0) return;
  const allowed = hmac
    ? `${quoted(HMAC_ALGORITHMS)} beside hmac_secret, never with asymmetric ones`
    : 'asymmetric algorithms; HMAC needs hmac_secret and an issuer of its own';
  problems.push(problem([...path, 'algorithms'], quoted(wrong), allowed));
}

/** What is fetched for the keys' sake. */
function addressesOf({ issuer, jwks_uri: keys }: IssuerTable): readonly Address[] {
  const [key, text] = keys === undefined ? ['issuer', issuer] : ['jwks_uri', keys.text];
  const url = text === undefined || keys?.service !== undefined ? undefined : parseUrl(text);
  const allowed =
    key === 'issuer'
      ? 'an https URL without query and fragment, since the keys are discovered from it'
      : 'an https URL without credentials and fragment (http only to localhost), or "service:BINDING/path"';
  return url === undefined || readTemplate(url.href) !== undefined ? [] : [{ key, url, allowed }];
}

/** OpenID Connect Discovery 1.0 §3 and RFC 8414 §2: https, no query, no fragment. */
function checkDiscoverable(issuer: string, path: readonly PathSegment[], problems: ConfigProblem[]): void {
  const url = parseUrl(issuer);
  if (readTemplate(issuer) !== undefined) return;
  if (url === undefined || issuer.includes('?')) {
    problems.push(
      problemAt(
        path,
        issuer,
        'an https URL without query and fragment, since the keys are discovered from it',
        discoveryHint(issuer),
      ),
    );
  }
}

function compilePins(table: IssuerTable, path: readonly PathSegment[], problems: ConfigProblem[]): KeyPins {
  const blockedKids = new Set(table.blocked_kids);
  const both = (table.allowed_kids ?? []).filter((kid) => blockedKids.has(kid));
  if (both.length > 0) {
    problems.push(
      problem([...path, 'allowed_kids'], quoted(both), 'key ids that are not in blocked_kids as well'),
    );
  }
  return {
    allowedKids: table.allowed_kids && new Set(table.allowed_kids),
    allowedThumbprints: table.allowed_thumbprints && new Set(table.allowed_thumbprints),
    blockedKids,
  };
}

function compileCache(
  table: NonNullable<IssuerTable['jwks_cache']>,
  faulty: ReadTable<IssuerTable>['faulty'],
  path: readonly PathSegment[],
  problems: ConfigProblem[],
): JwksCachePolicy {
  const maxAge = table.max_age ?? JWKS_CACHE_DEFAULTS.maxAge;
  const minFresh = table.min_fresh ?? JWKS_CACHE_DEFAULTS.minFresh;
  const maxFresh = table.max_fresh ?? JWKS_CACHE_DEFAULTS.maxFresh;
  const unsure = ['min_fresh', 'max_age', 'max_fresh'].some((key) => faulty('jwks_cache', key));
  if (!unsure && (minFresh > maxAge || maxAge > maxFresh)) {
    const found = `min_fresh ${durationText(minFresh)}, max_age ${durationText(maxAge)}, max_fresh ${durationText(maxFresh)}`;
    problems.push(problem(path, found, 'min_fresh ≤ max_age ≤ max_fresh'));
  }
  return {
    maxAgeSeconds: maxAge / 1_000,
    minFreshSeconds: minFresh / 1_000,
    maxFreshSeconds: maxFresh / 1_000,
    staleWhileRevalidateSeconds:
      (table.stale_while_revalidate ?? JWKS_CACHE_DEFAULTS.staleWhileRevalidate) / 1_000,
    staleIfErrorSeconds: (table.stale_if_error ?? JWKS_CACHE_DEFAULTS.staleIfError) / 1_000,
    cooldownSeconds: (table.cooldown ?? JWKS_CACHE_DEFAULTS.cooldown) / 1_000,
    timeoutMs: table.timeout ?? JWKS_CACHE_DEFAULTS.timeout,
    maxBytes: table.max_bytes ?? JWKS_CACHE_DEFAULTS.maxBytes,
    maxKeys: table.max_keys ?? JWKS_CACHE_DEFAULTS.maxKeys,
  };
}
