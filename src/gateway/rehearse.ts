import type { RequestContext } from '../core/context.ts';
import type { OriginTarget, Policy } from '../core/policy.ts';
import type { ReceivedRequest } from '../core/received-request.ts';
import type { RateCounter } from '../rate-limit/port.ts';
import type { RequestEvent } from '../telemetry/request-event.ts';
import { assembleGateway, type GatewayPorts } from './assemble.ts';
import { type Gateway, handle } from './gateway.ts';

/** What is asked of others, or known besides the policy. */
export type RehearsalPorts = Pick<
  GatewayPorts,
  'verifier' | 'revocation' | 'headerSecrets' | 'signer' | 'clock'
>;

/** What became of a request that no origin has seen. */
export interface Rehearsal {
  readonly response: Response;
  readonly event: RequestEvent;
  /** What the origin would have been asked; undefined: nothing. */
  readonly asked: { readonly url: string; readonly headers: Headers } | undefined;
}

export interface Rehearsing {
  readonly gateway: Gateway;
  rehearse(received: ReceivedRequest, context: RequestContext): Promise<Rehearsal>;
}

/**
 * Sends requests through the pipeline, one after another, without consequences: in the place of every origin stands one that answers 200
 * and nothing else, no request is counted against a limit, and no event leaves. What the runtime itself does to a
 * request on its way out (connection headers, `Host`) is not seen.
 */
export function createRehearsal(policy: Policy, ports: RehearsalPorts): Rehearsing {
  const events: RequestEvent[] = [];
  let asked: Rehearsal['asked'];
  const origin: Pick<Fetcher, 'fetch'> = {
    async fetch(input, init) {
      asked = {
        url: String(input),
        headers: new Headers(init?.headers as ConstructorParameters<typeof Headers>[0]),
      };
      return new Response(null, { status: 200 });
    },
  };
  const routes = policy.routes.map((route) => ({
    ...route,
    upstream: { ...route.upstream, origin: { kind: 'service', binding: ORIGIN } satisfies OriginTarget },
  }));
  const gateway = assembleGateway(
    { ...policy, routes },
    {
      ...ports,
      guesses: undefined,
      counters: new Map(routes.map(({ name }) => [name, UNCOUNTED])),
      candidate: undefined,
      services: new Map([[ORIGIN, origin as Fetcher]]),
      emit: (event) => {
        if (event.event === 'request') events.push(event as RequestEvent);
      },
    },
  );
  return {
    gateway,
    async rehearse(received, context) {
      asked = undefined;
      const response = await handle(gateway, received, context);
      const event = events.pop();
      if (event === undefined) throw new Error('the pipeline told of no request');
      return { response, event, asked };
    },
  };
}

/** One request is within every limit. */
const UNCOUNTED: RateCounter = {
  take: async () => ({ within: true, remaining: undefined, resetSeconds: undefined }),
};

const ORIGIN = 'REHEARSAL_ORIGIN';
