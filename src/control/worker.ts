import type { Hono } from 'hono';
import type { ConfigProblem } from '../config/problem.ts';
import type { KeyProvider } from '../core/policy.ts';
import { problemAnswer } from '../http/problem.ts';
import { createKeySource } from '../keys/key-source.ts';
import { createRedis } from '../redis/client.ts';
import { createStoreCheck } from '../revocation/check.ts';
import type { RevocationReader } from '../revocation/port.ts';
import type { RevocationNamespace } from '../revocation-store/durable/call.ts';
import { createDurableReader } from '../revocation-store/durable/reader.ts';
import { createDurableStore } from '../revocation-store/durable/store.ts';
import type { RevocationStore } from '../revocation-store/port.ts';
import { createRedisReader } from '../revocation-store/redis/reader.ts';
import { createRedisStore } from '../revocation-store/redis/store.ts';
import { log } from '../telemetry/log.ts';
import { toAll } from '../telemetry/sinks.ts';
import { createControlApp, maintain } from './app.ts';
import { compileControl } from './config.ts';
import type { ControlPorts } from './ports.ts';

interface Env {
  readonly UPSTASH_REDIS_REST_URL?: string;
  readonly UPSTASH_REDIS_REST_TOKEN?: string;
  readonly REVOCATIONS?: RevocationNamespace;
  readonly RATE_LIMIT?: RateLimit;
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
    if (started.app !== undefined) await maintain(started.ports, clock());
  },
} satisfies ExportedHandler<Env>;

function startedWith(env: Env): Started {
  if (current?.env !== env) current = { env, started: start(env) };
  return current.started;
}

function start(env: Env): Started {
  const compiled = compileControl({ ...env });
  if (!compiled.ok) return { app: undefined, problems: compiled.error };
  const { policy, warnings } = compiled.value;
  if (warnings.length > 0) {
    emit({ event: 'config_warning', level: 'warn', problems: warnings.map(problemLine) });
  }
  const providers = [...policy.issuers.values()].map(({ keys }) => keys);
  const keys = createKeySource(providers, {
    fetch: (url, init) => fetch(url, init),
    clock,
    secrets: hmacSecrets(providers, env),
    jitter: Math.random,
    // What an intake refuses is not sent again, and what it acknowledges is taken for done.
    missingAsOf: 'request',
  });
  const { store, reader } = backend(env);
  const ports: ControlPorts = {
    policy,
    keys,
    store,
    revocation: createStoreCheck(reader),
    clock,
    emit,
    withinRate: (key) => withinRate(env.RATE_LIMIT, key),
  };
  return { app: createControlApp(ports), ports };
}

/** Senders give up after a few seconds (oidc-provider after 2.5): a 503 in time is worth more than one more try. */
const STORE_OPTIONS = { timeoutMs: 1_000 };

function backend(env: Env): { readonly store: RevocationStore; readonly reader: RevocationReader } {
  const { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token, REVOCATIONS: objects } = env;
  if (url !== undefined && url !== '' && token !== undefined) {
    const redis = createRedis({ url, token });
    return { store: createRedisStore(redis, STORE_OPTIONS), reader: createRedisReader(redis) };
  }
  if (objects === undefined) throw new TypeError('compileControl accepted a configuration without a store');
  return { store: createDurableStore(objects, STORE_OPTIONS), reader: createDurableReader(objects) };
}

function hmacSecrets(providers: readonly KeyProvider[], env: Env): ReadonlyMap<string, string> {
  const variables = new Map<string, unknown>(Object.entries(env));
  return new Map(
    providers.flatMap(({ source }) => {
      const secret = source.from === 'secret' ? variables.get(source.binding) : undefined;
      return source.from === 'secret' && typeof secret === 'string' ? [[source.binding, secret]] : [];
    }),
  );
}

/** A limiter that fails limits nobody: every intake still asks for a credential or a signature. */
async function withinRate(limiter: RateLimit | undefined, key: string): Promise<boolean> {
  try {
    return limiter === undefined || (await limiter.limit({ key })).success;
  } catch {
    emit({ event: 'rate_limit_failed', level: 'warn' });
    return true;
  }
}

const problemLine = ({ path, found, allowed, hint }: ConfigProblem): string =>
  `${path}: found ${found}; allowed: ${allowed}${hint === undefined ? '' : `; ${hint}`}`;
