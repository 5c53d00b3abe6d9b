import type { Hono } from 'hono';
import type { ConfigProblem } from '../config/problem.ts';
import { problemAnswer } from '../http/problem.ts';
import { log } from '../telemetry/log.ts';
import { createServiceApp } from './app.ts';
import type { ServiceBindings } from './bindings.ts';
import { compiledFrom } from './configured.ts';
import type { GrantNamespace } from './ports.ts';

export { GrantObject } from './grants/grant-object.ts';
export { KeyringObject } from './keyring/keyring-object.ts';

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
  const { KEYRING: keyring, GRANTS: grants } = env;
  const problems = compiled.ok ? [] : compiled.error.map(problemLine);
  if (keyring === undefined)
    problems.push('KEYRING: found nothing; allowed: the binding of the Durable Object');
  if (!compiled.ok || keyring === undefined || grants === undefined) {
    log({ event: 'config_invalid', level: 'error', problems });
    return undefined;
  }
  const { policy, warnings } = compiled.value;
  if (warnings.length > 0) {
    log({ event: 'config_warning', level: 'warn', problems: warnings.map(problemLine) });
  }
  return createServiceApp({
    policy,
    keyring,
    grants,
    clock,
    emit: log,
    withinRate: (key) => withinRate(env.RATE_LIMIT, key),
  });
}

/** A limiter that fails limits nobody: what an endpoint gives out still needs a credential. */
async function withinRate(limiter: RateLimit | undefined, key: string): Promise<boolean> {
  try {
    return limiter === undefined || (await limiter.limit({ key })).success;
  } catch {
    log({ event: 'rate_limit_failed', level: 'warn' });
    return true;
  }
}

const problemLine = ({ path, found, allowed, hint }: ConfigProblem): string =>
  `${path}: found ${found}; allowed: ${allowed}${hint === undefined ? '' : `; ${hint}`}`;
