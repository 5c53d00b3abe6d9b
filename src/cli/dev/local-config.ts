import { randomBytes } from 'node:crypto';
import { dirname, resolve } from 'node:path';
import type { Policy } from '../../core/policy.ts';
import type { Table } from '../wrangler-source.ts';

/** What takes the place of what. */
export interface StandIns {
  /** Names of ISSUERS tables whose keys are the stand-ins'. */
  readonly issuers: readonly string[];
  /** Names of ROUTES tables that go where the policy says. */
  readonly realRoutes: ReadonlyMap<string, string>;
  /** Where the stand-in issuers publish their keys: `<issuersUrl>/<name>/jwks.json`. */
  readonly issuersUrl: string;
  readonly originUrl: string;
  /** A policy that stands in code. It becomes variables, which `alias`, in the place of the package, has the Worker read. */
  readonly inCode?: { readonly tables: Table; readonly alias: string } | undefined;
}

/** Of an issuer's table: where the real keys are, which real keys are good, and what would have to be decrypted. */
const KEY_KEYS = new Set([
  ...['jwks_uri', 'jwks', 'pem', 'discovery', 'allow_http'],
  ...['allowed_kids', 'allowed_thumbprints', 'blocked_kids', 'encryption', 'decryption_keys'],
]);
/** Of a route: how the real origin is reached. */
const ORIGIN_KEYS = new Set(['mtls', 'origin_host', 'allow_http']);

/** The configuration with the stand-ins' addresses in it; every issuer keeps its own `iss`, every route all else. */
export function localConfig(
  whole: Table,
  file: string,
  environment: string | undefined,
  given: StandIns,
): Table {
  const { inCode } = given;
  const section = (config: Table): Table => ({
    ...config,
    ...(config.vars === undefined && inCode === undefined
      ? {}
      : { vars: localVars({ ...Object(config.vars), ...inCode?.tables }, given) }),
    ...(inCode === undefined ? {} : { alias: { ...Object(config.alias), portcullis: inCode.alias } }),
    ...(typeof config.main === 'string' ? { main: resolve(dirname(file), config.main) } : {}),
    ...withStore(config),
  });
  if (environment === undefined) return section(whole);
  const environments: Table = Object(whole.env);
  const { main } = whole;
  return {
    ...whole,
    ...(typeof main === 'string' ? { main: resolve(dirname(file), main) } : {}),
    env: { ...environments, [environment]: section(Object(environments[environment])) },
  };
}

/** A store that is remote, and not to be written into from here, is replaced by the embedded one. */
function withStore(config: Table): Table {
  const objects: Table = Object(config.durable_objects);
  const bindings: readonly Table[] = Array.isArray(objects.bindings) ? objects.bindings : [];
  if (bindings.some(({ name }) => name === 'REVOCATIONS')) return {};
  return {
    durable_objects: {
      ...objects,
      bindings: [...bindings, { name: 'REVOCATIONS', class_name: 'RevocationObject' }],
    },
    migrations: [
      ...(Array.isArray(config.migrations) ? config.migrations : []),
      { tag: 'portcullis-dev', new_sqlite_classes: ['RevocationObject'] },
    ],
  };
}

function localVars(vars: Table, given: StandIns): Table {
  const entries = Object.entries(vars).map(([name, value]): [string, unknown] => {
    if (/^(CANDIDATE_)?ISSUERS(_|$)/.test(name)) return [name, each(value, localIssuer(given))];
    if (/^(CANDIDATE_)?ROUTES(_|$)/.test(name) || name === 'ROUTE_GROUPS') {
      return name === 'ROUTE_DEFAULTS' ? [name, value] : [name, each(value, localRoute(given))];
    }
    if (name === 'ROUTE_DEFAULTS') return [name, localRoute(given)('', Object(value))];
    // A pinned store is not the one here.
    if (name === 'GATEWAY') return [name, without(Object(value), new Set(['revocation_epoch']))];
    return [name, value];
  });
  return Object.fromEntries(entries);
}

const each = (tables: unknown, change: (name: string, table: Table) => Table): Table =>
  Object.fromEntries(
    Object.entries(Object(tables)).map(([name, table]) => [name, change(name, Object(table))]),
  );

const localIssuer =
  ({ issuers, issuersUrl }: StandIns) =>
  (name: string, table: Table): Table => {
    if (!issuers.includes(name)) return table;
    const kept = without(table, KEY_KEYS);
    return 'hmac_secret' in kept ? kept : { ...kept, jwks_uri: `${issuersUrl}/${name}/jwks.json` };
  };

const localRoute =
  ({ realRoutes, originUrl }: StandIns) =>
  (name: string, table: Table): Table => {
    const real = realRoutes.get(name);
    if (real !== undefined) return { ...table, origin: real };
    if (typeof table.origin !== 'string') return without(table, ORIGIN_KEYS);
    const [, base = ''] = /^https?:\/\/[^/]+(\/.*)$/.exec(table.origin) ?? [];
    return { ...without(table, ORIGIN_KEYS), origin: `${originUrl}${base}` };
  };

const without = (table: Table, keys: ReadonlySet<string>): Table =>
  Object.fromEntries(Object.entries(table).filter(([key]) => !keys.has(key)));

/** Secrets of one's own from `.dev.vars`, but for a remote store's, and made-up ones for the HMAC issuers' stand-ins. */
export function localSecrets(
  own: Readonly<Record<string, string | undefined>>,
  { issuers }: Pick<Policy, 'issuers'>,
  standIns: readonly string[],
): Readonly<Record<string, string>> {
  const kept = Object.entries(own).filter(
    (entry): entry is [string, string] => entry[1] !== undefined && !entry[0].startsWith('UPSTASH_REDIS_'),
  );
  const hmac = issuers.flatMap(({ name, keys: { source } }) =>
    source.from === 'secret' && standIns.includes(name) ? source.bindings : [],
  );
  // Hexadecimal digits are text, base64 and hexadecimal alike, whatever the issuer's encoding.
  const made = hmac.map((binding): [string, string] => [binding, randomBytes(64).toString('hex')]);
  return { CACHE_SECRET: randomBytes(32).toString('hex'), ...Object.fromEntries([...kept, ...made]) };
}
