import { INTERVAL_SECONDS } from '../src/metrics/hand-over.ts';
import type { Target } from './measure.ts';
import type { Server } from './processes.ts';
import { AUDIENCE, type BenchAlgorithm, ISSUER, type TokenFile } from './tokens.ts';
import { bundleContender, type Runtime, startWorker, type WorkerOptions } from './workers.ts';

export interface RedisAddress {
  readonly url: string;
  readonly token: string;
}

/** Where `redis.ts`, started as a script, is reached. */
export const redisAddress = ({ port }: Server): RedisAddress => ({
  url: `http://127.0.0.1:${port}`,
  token: 'bench',
});

/** What every contender needs to know of its surroundings. */
export interface Surroundings {
  readonly folder: string;
  readonly originUrl: string;
  readonly jwksUri: string;
  readonly redis: RedisAddress | undefined;
  readonly tokens: TokenFile;
  /** The built gateway. */
  readonly gatewayModule: string;
  /** undefined: bare `workerd serve`. */
  readonly runtime?: Runtime;
}

/** Hot tokens for "repeating" rows; fewer than any cache holds. */
export const HOT_TOKENS = 100;

export interface GatewayPolicy {
  readonly revocation?: Readonly<Record<string, string>>;
  /** Routes beside the one measured. */
  readonly routes?: number;
  /** Issuers beside the one measured. */
  readonly issuers?: number;
  readonly tokenCacheEntries?: number;
  /** Keys of the route measured, beside or instead of what every row has. */
  readonly route?: Readonly<Record<string, unknown>>;
  /** Whether the origin gets a signed identity token beside the headers. */
  readonly signedIdentity?: boolean;
  /** Whether what happens is counted and handed on. */
  readonly counted?: boolean;
  /** Between two hand-overs of what is counted, instead of the gateway's own interval. */
  readonly handOverSeconds?: number;
  /** Whether a token of the bench may read `/.portcullis/status`. */
  readonly status?: boolean;
}

/** Starts the gateway with the policy of every row: one issuer, scope, three identity headers, the event logged. */
export function startGateway(at: Surroundings, name: string, policy: GatewayPolicy = {}): Promise<Server> {
  const issuers: Record<string, unknown> = {
    bench: {
      issuer: ISSUER,
      audience: [AUDIENCE],
      algorithms: ['RS256', 'ES256', 'EdDSA'],
      jwks_uri: at.jwksUri,
      max_token_lifetime: '366d',
    },
  };
  for (let i = 0; i < (policy.issuers ?? 0); i++) {
    issuers[`other-${i}`] = {
      issuer: `https://other-${i}.example/`,
      audience: [AUDIENCE],
      jwks_uri: at.jwksUri,
    };
  }
  const route = {
    path: '/bench/*',
    origin: at.originUrl,
    scope: ['orders:read'],
    revocation: policy.revocation ?? { mode: 'off' },
    headers: { 'X-User-Id': 'sub', 'X-Tenant': '/org/tenant_id', 'X-Roles': 'roles' },
    ...(policy.signedIdentity ? { signed_identity: true } : {}),
    ...policy.route,
  };
  const routes: Record<string, unknown> = { bench: route };
  for (let i = 0; i < (policy.routes ?? 0); i++) {
    routes[`other-${i}`] = { ...route, path: `/other/${i}/*` };
  }
  const options: WorkerOptions = {
    name,
    module: at.gatewayModule,
    prelude: policy.handOverSeconds === undefined ? undefined : handOverEvery(policy.handOverSeconds),
    durableObjects: {
      REVOCATIONS: 'RevocationObject',
      IDENTITY_KEYS: 'IdentityKeysObject',
      ...(policy.counted ? { METRICS: 'MetricsObject' } : {}),
    },
    bindings: {
      ISSUERS: issuers,
      ROUTES: routes,
      GATEWAY: {
        token_cache: { entries: policy.tokenCacheEntries ?? 5_000, bytes: 8_388_608 },
        ...(policy.signedIdentity
          ? { signed_identity: { issuer: 'https://gateway.example', sealing_keys: ['IDENTITY_SECRET'] } }
          : {}),
        ...(policy.status ? { status: { issuer: 'bench', scope: ['orders:read'] } } : {}),
      },
      IDENTITY_SECRET: 'a secret of the bench and of nothing else',
      ...(at.redis === undefined
        ? {}
        : { UPSTASH_REDIS_REST_URL: at.redis.url, UPSTASH_REDIS_REST_TOKEN: at.redis.token }),
    },
  };
  return startWorker(at.folder, options, at.runtime);
}

/** Seconds that no bench lasts. */
export const NEVER = 86_400;

/** The gateway's interval is no setting: the timer that waits for it is told another time. */
const handOverEvery = (seconds: number): string => `
const set = globalThis.setTimeout;
globalThis.setTimeout = (work, ms) => set(work, ms === ${INTERVAL_SECONDS * 1e3} ? ${seconds * 1e3} : ms);
`;

/** How many events `counting` makes while it answers one request. */
export const LOOPED = 100;

/** What an event takes to be made, or to be made and counted: in a loop, and never handed on. */
export async function startCounting(at: Surroundings, counted: boolean): Promise<Server> {
  const options: WorkerOptions = {
    name: 'counting',
    module: await bundleContender('counting', at.folder),
    prelude: handOverEvery(NEVER),
    durableObjects: { METRICS: 'MetricsObject' },
    bindings: { LOOPED, COUNTED: counted },
  };
  return startWorker(at.folder, options, at.runtime);
}

/** @param also what `same-calls` does besides */
export async function startContender(
  at: Surroundings,
  name: string,
  also?: 'verify' | 'read' | 'no-store' | 'cache',
): Promise<Server> {
  const options: WorkerOptions = {
    name,
    module: await bundleContender(name, at.folder),
    bindings: {
      ORIGIN: at.originUrl,
      JWKS: at.tokens.jwks,
      JWKS_URI: at.jwksUri,
      ...(at.redis === undefined ? {} : { REDIS_URL: at.redis.url, REDIS_TOKEN: at.redis.token }),
      ...(also === undefined ? {} : { ALSO: also }),
    },
  };
  return startWorker(at.folder, options, at.runtime);
}

/** 20,000 distinct tokens in turn: four times what the verified-token cache of the row holds, so it never hits. */
export const unique = (at: Surroundings, algorithm: BenchAlgorithm): readonly string[] =>
  at.tokens.tokens[algorithm];

/** One array a process, so that the load generator is sent it once. */
const hot = new Map<BenchAlgorithm, readonly string[]>();
export function repeating(at: Surroundings, algorithm: BenchAlgorithm): readonly string[] {
  const kept = hot.get(algorithm) ?? unique(at, algorithm).slice(0, HOT_TOKENS);
  hot.set(algorithm, kept);
  return kept;
}

/** The token in a cookie among others, as a browser sends it. */
export const COOKIE_SOURCE: GatewayPolicy = { route: { token_sources: [{ cookie: '__Host-session' }] } };
export const inCookie = (token: string): string => `Cookie: theme=dark; __Host-session=${token}; consent=all`;

/** What the claims must say beside the scope, four levels of it. */
export const COMPOSED_REQUIREMENT: GatewayPolicy = {
  route: {
    require: {
      all: [
        {
          any: [
            { claim: 'roles', contains_any: ['owner', 'editor'] },
            { claim: 'sub', matches: 'service-*' },
          ],
        },
        { claim: '/org/tenant_id', exists: true },
        { not: { claim: 'suspended', equals: true } },
      ],
    },
  },
};

export const target = (name: string, server: Server, tokens: readonly string[], status = 200): Target => ({
  name,
  server,
  tokens,
  status,
});

/** Attacks on the gateway, each a list of 2,000 different credentials that must all be refused. */
export function attacks(
  at: Surroundings,
): readonly { name: string; tokens: readonly string[]; status: number }[] {
  const some = unique(at, 'RS256').slice(0, 2_000);
  const replaceHeader = (token: string, header: object) =>
    `${Buffer.from(JSON.stringify(header)).toString('base64url')}${token.slice(token.indexOf('.'))}`;
  return [
    { name: 'garbage', tokens: some.map((_, i) => `garbage-${i}-${'x'.repeat(600)}`), status: 401 },
    {
      name: 'forged signature',
      tokens: some.map((token, i) => token.slice(0, -8) + String(i % 10).repeat(4) + token.slice(-4)),
      status: 401,
    },
    {
      name: 'unknown kid',
      tokens: some.map((token, i) => replaceHeader(token, { alg: 'RS256', kid: `random-${i}`, typ: 'JWT' })),
      status: 401,
    },
    { name: 'oversize', tokens: some.map((token) => token + 'A'.repeat(9_000)), status: 400 },
  ];
}
