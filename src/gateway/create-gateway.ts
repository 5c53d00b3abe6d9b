import { compilePolicy } from '../config/compile.ts';
import { type GatewayConfig, variablesTwice } from '../config/in-code.ts';
import { ownSecret, warningWithout } from '../config/own-secret.ts';
import type { ConfigProblem } from '../config/problem.ts';
import type { CandidatePolicy, KeyProvider, Policy } from '../core/policy.ts';
import { createDecryptionKeys } from '../keys/decryption-keys.ts';
import { hmacSecrets } from '../keys/hmac-secrets.ts';
import { createKeySource } from '../keys/key-source.ts';
import { fetchWithServices, serviceBindings } from '../keys/service-fetch.ts';
import { editSecrets } from '../origin/edit-headers.ts';
import { createRedis } from '../redis/client.ts';
import { createRevocation, type Revocation } from '../revocation/check.ts';
import { EpochWatch } from '../revocation/epoch-watch.ts';
import type { RevocationReader } from '../revocation/port.ts';
import type { RevocationNamespace } from '../revocation-store/durable/call.ts';
import { createDurableFeed } from '../revocation-store/durable/feed.ts';
import { createDurableReader } from '../revocation-store/durable/reader.ts';
import { createRedisFeed } from '../revocation-store/redis/feed.ts';
import { createRedisReader } from '../revocation-store/redis/reader.ts';
import { createColoCache } from '../revocation-store/replica/colo-cache.ts';
import { replicaOf } from '../revocation-store/replica/replica.ts';
import { EMBEDDED, redisName } from '../revocation-store/store-name.ts';
import { buildRouteTable } from '../routing/route-table.ts';
import { createCacheApiStore } from '../sealed-cache/cache-api-store.ts';
import type { SealedCache } from '../sealed-cache/port.ts';
import { createSealedCache } from '../sealed-cache/sealed-cache.ts';
import { EventsLog } from '../telemetry/events-log.ts';
import { log } from '../telemetry/log.ts';
import { withOpenTelemetryNames } from '../telemetry/opentelemetry-names.ts';
import { type Sink, toAll } from '../telemetry/sinks.ts';
import { TokenCache } from '../tokens/token-cache.ts';
import type { VerifierPorts } from '../tokens/verify.ts';
import { type App, createApp, createRefusingApp } from './app.ts';
import { assembleGateway } from './assemble.ts';
import { Candidate, keysOfBoth } from './candidate.ts';
import { type Counting, countingFor } from './counting.ts';
import type { Gateway } from './gateway.ts';
import { readGauges } from './gauges.ts';
import { signerFor } from './identity-signer.ts';
import { rateWorld } from './limit-rate.ts';
import { REQUEST_RULES } from './request-rules.ts';

type Env = Record<string, unknown>;

/** What a Worker exports by default. */
export interface GatewayWorker {
  fetch(request: Request, env: Env, execution: ExecutionContext): Response | Promise<Response>;
}

const clock = () => Date.now() / 1000;
const emit = toAll([log]);

/**
 * The gateway as a Worker. Its configuration stands in the variables of the Worker, or in `config` where one writes it in
 * code: the same tables, typed, with the same mistakes at the same paths. A variable besides that the code gives as well
 * is a mistake: nobody could tell which of them counts. Secrets and bindings always come from the Worker.
 *
 * Never throws: with a configuration that cannot be accepted the Worker answers 500 on every path and logs what is wrong.
 */
export function createGateway(config: GatewayConfig = {}): GatewayWorker {
  // One app per isolate and configuration: `env` is the same object for every request of an isolate.
  let served: { readonly env: Env; readonly app: App } | undefined;
  return {
    fetch(request, env, ctx) {
      if (served?.env !== env) {
        served = { env, app: appFor(env, config) };
      }
      return served.app.fetch(request, ctx);
    },
  };
}

function appFor(bound: Env, config: GatewayConfig): App {
  const env = { ...bound, ...config };
  const twice = variablesTwice(bound, config);
  if (twice.length > 0) {
    report('config_invalid', 'error', twice);
    return createRefusingApp({ emit, clock });
  }
  const compiled = compilePolicy(env, REQUEST_RULES);
  if (!compiled.ok) {
    report('config_invalid', 'error', compiled.error);
    return createRefusingApp({ emit, clock });
  }
  // A warning of a variable as a whole is of its size, which is bounded for variables alone.
  const warnings = compiled.value.warnings.filter(({ path }) => !Object.hasOwn(config, path));
  report('config_warning', 'warn', warnings);
  if (ownSecret(env, 'CACHE_SECRET') === undefined) {
    report('config_warning', 'warn', [warningWithout('CACHE_SECRET')]);
  }
  return createApp(gatewayFor(env, compiled.value.policy));
}

function gatewayFor(env: Env, policy: Policy): Gateway {
  const { tokenCache } = policy;
  const providers = [...policy.issuers, ...(policy.canary ? [policy.canary] : [])].map(({ keys }) => keys);
  const services = serviceBindings(env);
  const keysOf = (those: readonly KeyProvider[]) =>
    createKeySource(those, {
      fetch: fetchWithServices((url, init) => fetch(url, init), services),
      clock,
      secrets: hmacSecrets(those, env),
      archive: sealedCache(env, 'jwks'),
      jitter: Math.random,
    });
  const keys = keysOf(providers);
  const cache = tokenCache.entries > 0 ? new TokenCache(tokenCache) : undefined;
  const counting = countingFor(policy, env, clock, cache);
  const revocation = revocationFor(env, policy.revocationEpoch, counting);
  return assembleGateway(policy, {
    verifier: {
      keys,
      cache,
      decryption: createDecryptionKeys(policy.issuers, env),
    },
    revocation,
    candidate:
      policy.candidate &&
      candidateOf(policy, policy.candidate, {
        keys: keysOfBoth(keys, providers, keysOf(policy.candidate.ownIssuers.map((issuer) => issuer.keys))),
        revocation,
        decryption: createDecryptionKeys([...policy.issuers, ...policy.candidate.ownIssuers], env),
      }),
    ...rateWorld(policy, env),
    services,
    signer: signerFor(policy, env, clock),
    headerSecrets: editSecrets(
      policy.routes.map(({ upstream }) => upstream.requestHeaders),
      env,
    ),
    emit: sinksOf(policy, counting),
    handOver: counting?.handOverWith(() => readGauges({ keys, revocation }, clock())),
    clock,
  });
}

/** The log's share is the log's: everything is counted. */
function sinksOf({ events }: Policy, counting: Counting | undefined): Sink {
  const named = events?.names === 'opentelemetry' ? withOpenTelemetryNames(log) : log;
  const lines = events === undefined ? log : new EventsLog(events, named, Math.random).sink;
  return toAll(counting === undefined ? [lines] : [lines, counting.sink]);
}

interface CandidateSources extends Pick<VerifierPorts, 'keys' | 'decryption'> {
  readonly revocation: Revocation;
}

/** What it verifies it keeps to itself: the live cache is for tokens of requests that are served. */
const candidateOf = (
  { maxTokenBytes }: Policy,
  { routes, share }: CandidatePolicy,
  { keys, decryption, revocation }: CandidateSources,
): Candidate =>
  new Candidate({
    routes: buildRouteTable(routes),
    decision: {
      verifier: { keys, decryption, cache: new TokenCache(CANDIDATE_CACHE) },
      revocation,
      maxTokenBytes,
      clock,
    },
    share,
    random: Math.random,
  });

/** Half a thousand tokens: of the share that is tried, those of some minutes. */
const CANDIDATE_CACHE = { entries: 500, bytes: 1_048_576 };

/** What isolates of one place share through the Cache API; without a secret made for sealing it, nothing. */
function sealedCache(env: Env, purpose: string): SealedCache | undefined {
  const secret = ownSecret(env, 'CACHE_SECRET');
  return secret === undefined
    ? undefined
    : createSealedCache({ store: createCacheApiStore(caches), secret, purpose });
}

/** Redis when its URL is set, else the embedded store. The configuration check has made sure there is one. */
function revocationFor(env: Env, epoch: string | undefined, counting: Counting | undefined): Revocation {
  const { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token, REVOCATIONS: namespace } = env;
  const epochs = new EpochWatch(epoch);
  const counted = (reader: RevocationReader) => counting?.countReads(reader) ?? reader;
  const colo = (store: string) => {
    const cache = sealedCache(env, `revocation ${store}`);
    return cache && createColoCache(cache);
  };
  if (typeof url === 'string' && typeof token === 'string') {
    const redis = createRedis({ url, token });
    return createRevocation({
      reader: counted(createRedisReader(redis)),
      replica: replicaOf({ feed: createRedisFeed(redis), colo: colo(url), clock }),
      epochs,
      lookups: counting?.answerLookups,
      clock,
      storeName: redisName(url),
    });
  }
  const objects = namespace as RevocationNamespace;
  return createRevocation({
    reader: counted(createDurableReader(objects)),
    replica: replicaOf({ feed: createDurableFeed(objects), colo: colo('durable-object'), clock }),
    epochs,
    lookups: counting?.answerLookups,
    clock,
    storeName: EMBEDDED,
  });
}

function report(event: string, level: 'warn' | 'error', problems: readonly ConfigProblem[]): void {
  for (const { path, found, allowed, hint } of problems) {
    emit({ event, level, path, found, allowed, hint });
  }
}
