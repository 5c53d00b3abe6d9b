import type { Policy } from '../../src/core/policy.ts';
import { countingFor } from '../../src/gateway/counting.ts';
import { nextReference } from '../../src/telemetry/reference.ts';
import { newRequestEvent, type RequestEvent } from '../../src/telemetry/request-event.ts';
import { type Sink, toAll } from '../../src/telemetry/sinks.ts';

/**
 * The events of as many requests as `LOOPED`, made and counted while one is answered: what counting takes of each, where
 * the rest of a request would hide it. Unless `COUNTED` they are made alone.
 */
export { MetricsObject } from '../../src/metrics/metrics-object.ts';

interface Env extends Readonly<Record<string, unknown>> {
  readonly LOOPED: number;
  readonly COUNTED: boolean;
}

const POLICY = {
  routes: [{ name: 'bench' }],
  issuers: [{ name: 'bench' }],
} as unknown as Policy;

const clock = () => Date.now() / 1e3;
const nothingLogged: Sink = () => undefined;

function workFor(env: Env) {
  const counting = env.COUNTED ? countingFor(POLICY, env, clock, undefined) : undefined;
  const gauges = () => ({
    at: clock(),
    keySets: [],
    store: { doubt: undefined, position: 0 },
    replica: undefined,
  });
  return {
    emit: toAll(counting === undefined ? [nothingLogged] : [nothingLogged, counting.sink]),
    handOver: counting?.handOverWith(gauges),
  };
}

let work: ReturnType<typeof workFor> | undefined;

export default {
  fetch(request: Request, env: Env, ctx: ExecutionContext): Response {
    work ??= workFor(env);
    const now = clock();
    for (let i = 0; i < env.LOOPED; i++) {
      work.emit(allowed(now, i));
      work.handOver?.begin({ now, waitUntil: (promise) => ctx.waitUntil(promise) });
    }
    return new Response(request.method);
  },
};

/** As a repeating request of the bench leaves it; its durations are seldom whole milliseconds. */
function allowed(now: number, i: number): RequestEvent {
  const arrival = { time: now, reference: nextReference(), ray: undefined, client: '203.0.113.7' };
  const event = newRequestEvent('GET', arrival);
  event.host = 'gateway.example';
  event.path = '/bench/1';
  event.route = 'bench';
  event.issuer = 'bench';
  event.decision = 'allowed';
  event.revocation = 'off';
  event.status = 200;
  event.verifyMs = 0;
  event.revocationMs = 0;
  event.originMs = (i & 7) + 0.5;
  event.totalMs = (i & 7) + 0.75;
  return event;
}
