import type { Hono } from 'hono';
import { ownSecret, warningWithout } from '../config/own-secret.ts';
import { type ConfigProblem, problemLine } from '../config/problem.ts';
import { withinDeadline } from '../core/deadline.ts';
import { problemAnswer } from '../http/problem.ts';
import { withinRate } from '../http/rate-limit.ts';
import { createDecryptionKeys } from '../keys/decryption-keys.ts';
import { hmacSecrets } from '../keys/hmac-secrets.ts';
import { createKeySource } from '../keys/key-source.ts';
import { fetchWithServices, serviceBindings } from '../keys/service-fetch.ts';
import type { MetricsObject } from '../metrics/metrics-object.ts';
import { METRICS_OBJECT } from '../metrics/object-name.ts';
import { createRedis } from '../redis/client.ts';
import { certainReader } from '../revocation/certain-reader.ts';
import { createRevocation } from '../revocation/check.ts';
import { EpochWatch } from '../revocation/epoch-watch.ts';
import type { RevocationReader } from '../revocation/port.ts';
import type { RevocationNamespace } from '../revocation-store/durable/call.ts';
import { createDurableReader } from '../revocation-store/durable/reader.ts';
import { createDurableStore } from '../revocation-store/durable/store.ts';
import type { RevocationStore } from '../revocation-store/port.ts';
import { createRedisReader } from '../revocation-store/redis/reader.ts';
import { createRedisStore } from '../revocation-store/redis/store.ts';
import { EMBEDDED, redisName } from '../revocation-store/store-name.ts';
import { log } from '../telemetry/log.ts';
import { toAll } from '../telemetry/sinks.ts';
import { targetDigests } from '../telemetry/target-digest.ts';
import type { AlarmsObject } from './alarms/alarms-object.ts';
import { type AlarmsPort, watch } from './alarms/watch.ts';
import { createControlApp, maintain } from './app.ts';
import { isDue, runCanary } from './canary/run.ts';
import { compileControl } from './config.ts';
import { FILES, PAGE } from './console/bundle.ts';
import { heldReading } from './held-reading.ts';
import { createPeer } from './peer.ts';
import type { ControlPolicy } from './policy.ts';
import type { ControlPorts, CountsPort } from './ports.ts';

export { AlarmsObject } from './alarms/alarms-object.ts';

interface Env {
  readonly UPSTASH_REDIS_REST_URL?: string;
  readonly UPSTASH_REDIS_REST_TOKEN?: string;
  readonly REVOCATIONS?: RevocationNamespace;
  readonly METRICS?: DurableObjectNamespace<MetricsObject>;
  readonly METRICS_TOKEN?: string;
  readonly ALARMS?: DurableObjectNamespace<AlarmsObject>;
  readonly RATE_LIMIT?: RateLimit;
  readonly AUDIT_SECRET?: string;
}

/** What one isolate has made of its variables: the app and its ports, or what is wrong with them. */
type Started =
  | { readonly app: Hono; readonly ports: ControlPorts }
  | { readonly app: undefined; readonly problems: readonly ConfigProblem[] };

const clock = () => Date.now() / 1000;
const emit = toAll([log]);

/** `env` is the same object for every request of an isolate. */
let current: { readonly env: Env; readonly started: Started } | undefined;

export default {
  fetch(request, env, ctx) {
    const started = startedWith(env);
    if (started.app !== undefined) return started.app.fetch(request, env, ctx);
    emit({ event: 'config_invalid', level: 'error', problems: started.problems.map(problemLine) });
    return problemAnswer({ status: 500, detail: 'The control Worker is not configured.' });
  },
  async scheduled(_controller, env) {
    const started = startedWith(env);
    if (started.app !== undefined) await eachMinute(started.ports, env);
  },
} satisfies ExportedHandler<Env>;

async function eachMinute(ports: ControlPorts, env: Env): Promise<void> {
  const { policy, alarms } = ports;
  await Promise.all([
    canaryTurn(ports, env),
    maintain(ports, clock()),
    alarms === undefined ? undefined : watch({ ...ports, ...policy, alarms }, clock()),
  ]);
}

async function canaryTurn({ policy: { canary }, store, emit }: ControlPorts, env: Env): Promise<void> {
  const { METRICS: counts } = env;
  if (canary === undefined || counts === undefined || !isDue(canary, clock())) return;
  const fetchGateway = fetchWithServices((url, init) => fetch(url, init), serviceBindings(env));
  await runCanary({
    ask: (path, token) =>
      withinDeadline(OBJECT_TIMEOUT_MS, (signal) =>
        fetchGateway(`${canary.gateway}${path}`, {
          headers: { Authorization: `Bearer ${token}` },
          redirect: 'manual',
          signal,
        }),
      ),
    secret: canary.secret,
    store,
    clock,
    wait: (seconds) => scheduler.wait(seconds * 1e3),
    newId: () => crypto.randomUUID(),
    add: (batch) => counts.getByName(METRICS_OBJECT).add(batch),
    emit,
  });
}

function startedWith(env: Env): Started {
  if (current?.env !== env) current = { env, started: start(env) };
  return current.started;
}

function start(env: Env): Started {
  const compiled = compileControl({ ...env });
  if (!compiled.ok) return { app: undefined, problems: compiled.error };
  const { policy } = compiled.value;
  const auditSecret = ownSecret({ ...env }, 'AUDIT_SECRET');
  const missing = auditSecret === undefined ? [warningWithout('AUDIT_SECRET')] : [];
  const warnings = [...compiled.value.warnings, ...missing];
  if (warnings.length > 0) {
    emit({ event: 'config_warning', level: 'warn', problems: warnings.map(problemLine) });
  }
  const providers = [...policy.issuers.values()].map(({ keys }) => keys);
  const keys = createKeySource(providers, {
    fetch: fetchWithServices((url, init) => fetch(url, init), serviceBindings(env)),
    clock,
    secrets: hmacSecrets(providers, env),
    jitter: Math.random,
    // What an intake refuses is not sent again, and what it acknowledges is taken for done.
    missingAsOf: 'request',
  });
  const { store, reader, storeName } = backend(env, keptSeconds(policy));
  const epochs = new EpochWatch(undefined);
  const asked = countsOf(env);
  const counts = asked && {
    ...asked,
    read: heldReading(asked.read, clock),
    recent: heldReading(asked.recent, clock),
  };
  const ports: ControlPorts = {
    policy,
    keys,
    decryption: createDecryptionKeys([...policy.issuers.values()], env),
    store,
    storeName,
    revocation: createRevocation({ reader, epochs, clock }),
    reader: certainReader(reader, epochs, clock, emit),
    digestOf: targetDigests(auditSecret),
    clock,
    emit,
    // Nobody may scrape without a token.
    metrics: counts && env.METRICS_TOKEN ? { token: env.METRICS_TOKEN, read: counts.read } : undefined,
    alarms: alarmsOf(env, asked),
    counts,
    gateway: createPeer(policy.console?.gateway, env),
    tokenService: createPeer(policy.console?.tokenService, env),
    console: { page: PAGE, files: FILES },
    withinRate: (key) => withinRate(env.RATE_LIMIT, key, emit),
  };
  return { app: createControlApp(ports), ports };
}

/** undefined: there is no object to ask. */
function countsOf({ METRICS: objects }: Env): CountsPort | undefined {
  if (objects === undefined) return undefined;
  const ask = <T>(call: (counts: DurableObjectStub<MetricsObject>) => Promise<T>) =>
    withinDeadline(OBJECT_TIMEOUT_MS, () => call(objects.getByName(METRICS_OBJECT)));
  return {
    read: () => ask(async (counts) => await counts.read()),
    recent: () => ask(async (counts) => await counts.recent()),
    refusals: (query) => ask(async (counts) => await counts.refusals(query)),
  };
}

/** undefined: there is no object to keep them, or none that counts. */
function alarmsOf({ ALARMS: objects }: Env, counts: CountsPort | undefined): AlarmsPort | undefined {
  if (counts === undefined || objects === undefined) return undefined;
  const ask = <T>(call: (alarms: DurableObjectStub<AlarmsObject>) => Promise<T>) =>
    withinDeadline(OBJECT_TIMEOUT_MS, () => call(objects.getByName('alarms')));
  return {
    evaluate: (evaluation) => ask(async (alarms) => await alarms.evaluate(evaluation)),
    read: (webhooks) => ask(async (alarms) => await alarms.read(webhooks)),
    counts: counts.read,
  };
}

/** Prometheus gives up on a scrape after ten seconds. */
const OBJECT_TIMEOUT_MS = 5_000;

/** Senders give up after a few seconds (oidc-provider after 2.5): a 503 in time is worth more than one more try. */
const STORE_TIMEOUT_MS = 1_000;

interface Backend {
  readonly store: RevocationStore;
  readonly reader: RevocationReader;
  readonly storeName: string;
}

/** The gateway's object, where it is bound beside a Redis, remembers that the Redis was marked once. */
function backend(env: Env, keptSeconds: ReadonlyMap<string, number>): Backend {
  const { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token, REVOCATIONS: objects } = env;
  const embedded = objects && createDurableStore(objects, { timeoutMs: STORE_TIMEOUT_MS, keptSeconds });
  if (url !== undefined && url !== '' && token !== undefined) {
    const redis = createRedis({ url, token });
    const { host } = new URL(url);
    const firstStart = embedded && { memory: embedded, name: host };
    return {
      store: createRedisStore(redis, { timeoutMs: STORE_TIMEOUT_MS, keptSeconds, firstStart }),
      reader: createRedisReader(redis),
      storeName: redisName(url),
    };
  }
  if (objects === undefined || embedded === undefined) {
    throw new TypeError('compileControl accepted a configuration without a store');
  }
  return { store: embedded, reader: createDurableReader(objects), storeName: EMBEDDED };
}

/** What entries by subject, session, client or tenant are written with: see `lastExpiry`. */
const keptSeconds = ({ issuers }: ControlPolicy): ReadonlyMap<string, number> =>
  new Map(
    [...issuers].map(([iss, { maxTokenLifetimeSeconds, clockToleranceSeconds }]) => [
      iss,
      maxTokenLifetimeSeconds + clockToleranceSeconds,
    ]),
  );
