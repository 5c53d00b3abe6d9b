import type { Hono } from 'hono';
import { ownSecret, warningWithout } from '../config/own-secret.ts';
import { problemLine } from '../config/problem.ts';
import type { KeyProvider } from '../core/policy.ts';
import { problemAnswer } from '../http/problem.ts';
import { withinRate } from '../http/rate-limit.ts';
import { createDecryptionKeys } from '../keys/decryption-keys.ts';
import { hmacSecrets } from '../keys/hmac-secrets.ts';
import { createKeySource } from '../keys/key-source.ts';
import { fetchWithServices, serviceBindings } from '../keys/service-fetch.ts';
import { Guesses } from '../rate-limit/guesses.ts';
import { log } from '../telemetry/log.ts';
import { targetDigests } from '../telemetry/target-digest.ts';
import { createServiceApp } from './app.ts';
import type { ServiceBindings } from './bindings.ts';
import { compiledFrom } from './configured.ts';
import { countingFrom } from './counting.ts';
import { denyListFrom } from './deny-list-binding.ts';
import { createTransactionSealer } from './login/transaction.ts';
import type { ServicePolicy } from './policy.ts';
import type { GrantNamespace, ServicePorts } from './ports.ts';
import { createUpstreamLogin } from './upstream/openid-login.ts';

export { GrantIndexObject } from './grants/grant-index-object.ts';
export { GrantObject } from './grants/grant-object.ts';
export { KeyringObject } from './keyring/keyring-object.ts';

/** The longest period that a rate-limit binding has; it does not say which is its own. */
const FAILED_PERIOD_SECONDS = 60;

const clock = () => Date.now() / 1000;

type Env = Partial<ServiceBindings> & { readonly GRANTS?: GrantNamespace };

/** `env` is the same object for every request of an isolate. */
let current: { readonly env: Env; readonly app: Hono | undefined } | undefined;

export default {
  fetch(request, env, ctx) {
    if (current?.env !== env) current = { env, app: start(env) };
    const { app } = current;
    return app === undefined
      ? problemAnswer({ status: 500, detail: 'The token service is not configured.' })
      : app.fetch(request, env, ctx);
  },
} satisfies ExportedHandler<Env>;

function start(env: Env): Hono | undefined {
  const compiled = compiledFrom(env);
  const { KEYRING: keyring, GRANTS: grants, GRANT_INDEX: grantIndex } = env;
  const problems = compiled.ok ? [] : compiled.error.map(problemLine);
  for (const [name, binding] of Object.entries({
    KEYRING: keyring,
    GRANTS: grants,
    GRANT_INDEX: grantIndex,
  })) {
    if (binding === undefined) problems.push(`${name}: found nothing; allowed: a Durable Object's binding`);
  }
  if (!compiled.ok || keyring === undefined || grants === undefined || grantIndex === undefined) {
    log({ event: 'config_invalid', level: 'error', problems });
    return undefined;
  }
  const { policy } = compiled.value;
  const auditSecret = ownSecret({ ...env }, 'AUDIT_SECRET');
  const unkeyed = policy.admins.length > 0 && auditSecret === undefined;
  const warnings = [...compiled.value.warnings, ...(unkeyed ? [warningWithout('AUDIT_SECRET')] : [])];
  if (warnings.length > 0) {
    log({ event: 'config_warning', level: 'warn', problems: warnings.map(problemLine) });
  }
  const providers = keyProviders(policy);
  const keys = createKeySource(providers, {
    fetch: fetchWithServices((url, init) => fetch(url, init), serviceBindings(env)),
    clock,
    secrets: hmacSecrets(providers, env),
    jitter: Math.random,
  });
  const counting = countingFrom(env, clock);
  const emit: ServicePorts['emit'] = (event) => {
    log(event);
    counting?.counters.event(event);
  };
  const denyList = denyListFrom(env, clock, emit);
  const { FAILED_AUTHENTICATION_RATE_LIMIT: failed } = env;
  const rates = { login: env.LOGIN_RATE_LIMIT, refresh: env.REFRESH_RATE_LIMIT };
  return createServiceApp({
    policy,
    keyring,
    grants,
    grantIndex,
    keys,
    decryption: createDecryptionKeys([...policy.issuers.values()], env),
    denyList,
    login: createUpstreamLogin((url, init) => fetch(url, init), { keys, reader: denyList?.reader }, clock),
    transactions: createTransactionSealer(policy.sealing),
    clock,
    emit,
    counting,
    digestOf: targetDigests(auditSecret),
    guesses: failed && new Guesses(failed, FAILED_PERIOD_SECONDS),
    withinRate: (key, of) => withinRate((of && rates[of]) ?? env.RATE_LIMIT, key, emit),
  });
}

const keyProviders = ({ issuers, clients, upstreams }: ServicePolicy): readonly KeyProvider[] => [
  ...[...upstreams.values()].map(({ idTokens }) => idTokens.keys),
  ...[...issuers.values()].map(({ keys }) => keys),
  ...[...clients.values()].flatMap(({ authentication }) =>
    authentication.method === 'private_key_jwt' ? [authentication.profile.keys] : [],
  ),
];
