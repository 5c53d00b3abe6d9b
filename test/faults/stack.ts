import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { startRedisBridge } from '../../dev/redis-bridge.ts';
import { issuerTable } from '../fixtures/deployment.ts';
import { AUDIENCE, type Issuer, startIssuer } from '../fixtures/issuer.ts';
import { freePort } from '../fixtures/loopback-port.ts';
import { type Origin, startOrigin } from '../fixtures/origin.ts';
import { type RedisProcess, startRedis } from '../fixtures/redis.ts';
import { MACHINE, SEALING_KEY } from '../fixtures/token-service.ts';
import { startReceiver, type WebhookReceiver } from '../fixtures/webhook-receiver.ts';
import { type Gateway, startGateway } from '../fixtures/workerd.ts';
import { type Front, startFront } from './front.ts';
import { alarmTables, type Pace } from './pace.ts';
import type { Tally } from './tally.ts';

export const SCRAPE_TOKEN = 'a-scrape-token-of-this-run-alone-long-enough';
export const WEBHOOK_KEY = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
const CONTROL = 'https://control.test';
const CANARY_SECRET = 'a secret of the canary of this run alone';
const WRITE_TOKEN = 'write-token';

/** The three built Workers in one workerd over a real Redis, and everybody they talk to. */
export interface Stack {
  /** Another after each restart. */
  readonly gateway: Gateway;
  readonly tokensUrl: string;
  /** Whose keys outlast an outage, and whose do not. */
  readonly lasting: Issuer;
  readonly fragile: Issuer;
  readonly origin: Origin;
  readonly receiver: WebhookReceiver;
  readonly redis: RedisProcess;
  readonly front: Front;
  /** Ends Redis and starts one that holds nothing, at the same port. */
  emptyRedis(): Promise<void>;
  /** Ends every Worker as a crash does, and starts them on the same storage. */
  restart(): Promise<void>;
  /** What a login backend has the token service take for a user. */
  assertion(): Promise<string>;
  /** `POST` to control's admin API. */
  admin(path: string, body?: object): Promise<Response>;
  stop(): Promise<void>;
}

export async function startStack(pace: Pace, tally: Tally): Promise<Stack> {
  const objectsFolder = await mkdtemp(join(tmpdir(), 'portcullis-faults-'));
  const [lasting, fragile, admins, origin, receiver, port, backend] = await Promise.all([
    startIssuer(),
    startIssuer(),
    startIssuer(),
    startOrigin(),
    startReceiver(),
    freePort(),
    generateKeyPair('ES256', { extractable: true }),
  ]);
  let redis = await startRedis();
  const bridge = await startRedisBridge({
    redisUrl: redis.url,
    token: WRITE_TOKEN,
    port: 0,
    replyTimeoutMs: 2_000,
  });
  let gateway: Gateway;
  const front = await startFront(() => gateway.port, tally);
  const tokensUrl = `http://127.0.0.1:${port}`;
  const store = { UPSTASH_REDIS_REST_URL: bridge.url, UPSTASH_REDIS_REST_TOKEN: WRITE_TOKEN };
  const refreshed = { max_age: '2s', min_fresh: '1s', max_fresh: '2s', cooldown: '1s', timeout: '2s' };
  const never = { stale_if_error: '0s', stale_while_revalidate: '0s' };
  const tokens = {
    issuer: tokensUrl,
    audience: [AUDIENCE],
    algorithms: ['ES256'],
    profile: 'rfc9068',
    jwks_uri: `${tokensUrl}/.well-known/jwks.json`,
    max_token_lifetime: '1h',
  };
  const issuers = {
    lasting: issuerTable(lasting, { jwks_cache: refreshed }),
    fragile: issuerTable(fragile, { jwks_cache: { ...refreshed, ...never } }),
    tokens,
  };
  const revocation = { mode: 'off' };
  const to = { origin: origin.url };
  const vars = {
    ISSUERS: issuers,
    ROUTES: {
      open: { ...to, path: '/open/*', authentication: 'none' },
      orders: { ...to, path: '/orders/*', issuers: ['lasting'], revocation },
      fragile: { ...to, path: '/fragile/*', issuers: ['fragile'], revocation },
      strict: {
        ...to,
        path: '/strict/*',
        issuers: ['tokens'],
        revocation: { mode: 'strict', timeout: '3s' },
      },
      replicated: {
        ...to,
        path: '/replicated/*',
        issuers: ['lasting'],
        revocation: { mode: 'replicated', max_staleness: pace.maxStaleness, timeout: '3s' },
      },
    },
    GATEWAY: { canary: { secret: 'CANARY_SECRET' } },
    CANARY_SECRET,
    ...store,
  };
  const control = {
    ISSUERS: { ...issuers, admins: issuerTable(admins) },
    CONTROL: {
      admins: { ops: { issuer: 'admins', audience: [CONTROL], may_revoke: ['tokens', 'lasting'] } },
      canary: { gateway: front.url, secret: 'CANARY_SECRET', interval: '1m' },
      alarms: alarmTables(pace),
      webhooks: { team: { url: 'WEBHOOK_URL', secret: 'WEBHOOK_KEY', source: 'faults' } },
    },
    WEBHOOK_URL: receiver.url,
    WEBHOOK_KEY,
    CANARY_SECRET,
    METRICS_TOKEN: SCRAPE_TOKEN,
    ...store,
  };
  const jwk = { ...(await exportJWK(backend.publicKey)), kid: 'k', alg: 'ES256', use: 'sig' };
  const tokenService = {
    TOKEN_SERVICE: { issuer: tokensUrl, sealing_keys: ['SEALING_KEY'] },
    ISSUERS: {
      backend: {
        issuer: 'https://login.test',
        audience: [tokensUrl],
        algorithms: ['ES256'],
        jwks: { keys: [jwk] },
      },
    },
    RESOURCES: { api: { audience: AUDIENCE, scope: ['orders:read'] } },
    CLIENTS: {
      machine: {
        client_id: MACHINE[0],
        type: 'client_secret_basic',
        client_secret: 'MACHINE_SECRET',
        grants: ['jwt_bearer', 'refresh_token'],
        scope: ['orders:read'],
        resources: ['api'],
        assertion_issuers: ['backend'],
      },
    },
    SEALING_KEY,
    MACHINE_SECRET: MACHINE[1],
    ...store,
  };
  const start = () =>
    startGateway({
      objectsFolder,
      crashable: true,
      vars,
      control,
      tokenService: { port, vars: tokenService },
    });
  gateway = await start();
  return {
    front,
    get gateway() {
      return gateway;
    },
    get redis() {
      return redis;
    },
    tokensUrl,
    lasting,
    fragile,
    origin,
    receiver,
    emptyRedis: async () => {
      const { port: same } = redis;
      await redis.stop();
      redis = await startRedis(same);
    },
    restart: async () => {
      await gateway.stop();
      gateway = await start();
    },
    assertion: () =>
      new SignJWT({ sub: `user-${crypto.randomUUID()}` })
        .setProtectedHeader({ alg: 'ES256', kid: 'k' })
        .setIssuer('https://login.test')
        .setAudience(tokensUrl)
        .setJti(crypto.randomUUID())
        .setIssuedAt()
        .setExpirationTime('60s')
        .sign(backend.privateKey),
    admin: async (path, body) => {
      const scope = 'revocations:read revocations:write';
      const token = await admins.sign(admins.claims({ aud: CONTROL, scope }));
      const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' };
      const sent = body === undefined ? {} : { body: JSON.stringify(body) };
      return await fetch(`${gateway.controlUrl}${path}`, { method: 'POST', headers, ...sent });
    },
    stop: async () => {
      await gateway.stop();
      await bridge.close();
      await Promise.all(
        [lasting, fragile, admins, origin, receiver, redis, front].map((each) => each.stop()),
      );
      await rm(objectsFolder, { recursive: true, force: true });
    },
  };
}
