import { generateKeyPair } from 'jose';
import type { OriginTarget, Policy } from '../../core/policy.ts';
import type { ReceivedRequest } from '../../core/received-request.ts';
import { ok, type Result } from '../../core/result.ts';
import { assembleGateway } from '../../gateway/assemble.ts';
import { handle } from '../../gateway/gateway.ts';
import { editSecrets } from '../../origin/edit-headers.ts';
import type { RateCounter } from '../../rate-limit/port.ts';
import { createRevocation } from '../../revocation/check.ts';
import type { RevocationReader } from '../../revocation/port.ts';
import type { LeasedKey } from '../../signing-keys/leased-key.ts';
import type { RequestEvent } from '../../telemetry/request-event.ts';
import type { AskOffline, ClientRequest, Outcome } from './port.ts';

/**
 * Sends one request through the gateway's own pipeline, without a network: the keys are stand-ins, the deny-list holds what
 * it is told, and every origin answers 200 and nothing else. What the runtime itself does to a request on its way out
 * (connection headers, `Host`) is not seen here.
 */
export const askOffline: AskOffline = async (policy, request, { keys, clock, revoked }) => {
  const events: RequestEvent[] = [];
  let asked: Outcome['asked'];
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
      verifier: { keys: keys.source, cache: undefined, decryption: undefined },
      revocation: createRevocation({ reader: listedAs(revoked), clock, storeName: 'offline' }),
      guesses: undefined,
      counters: new Map(routes.map(({ name }) => [name, UNCOUNTED])),
      candidate: undefined,
      services: new Map([[ORIGIN, origin as Fetcher]]),
      headerSecrets: assumedSecrets(policy),
      signer: policy.signing && { issuer: policy.signing.issuer, keys: { current: passingKey } },
      emit: (event) => {
        if (event.event === 'request') events.push(event as RequestEvent);
      },
      clock,
    },
  );
  const pending: Promise<unknown>[] = [];
  const response = await handle(gateway, received(request), {
    now: clock(),
    waitUntil: (work) => pending.push(work),
    emit: () => {},
  });
  await Promise.allSettled(pending);
  const [event] = events;
  if (event === undefined) throw new Error('the pipeline told of no request');
  return { response, event, asked };
};

/** One request is within every limit. */
const UNCOUNTED: RateCounter = {
  take: async () => ({ within: true, remaining: undefined, resetSeconds: undefined }),
};

const ORIGIN = 'OFFLINE_ORIGIN';

/** Shows what an identity token says; nobody can verify it. */
async function passingKey(): Promise<Result<LeasedKey>> {
  const { privateKey } = await generateKeyPair('ES256');
  return ok({ kid: 'offline', key: privateKey, jwks: '{"keys":[]}' });
}

/** A store in which everything named is revoked, for tokens however young. */
const listedAs = (revoked: ReadonlySet<string>): RevocationReader => ({
  read: async (keys) =>
    ok({
      epoch: 'offline',
      values: keys.map((key) =>
        revoked.has(key) ? { issuedBefore: Number.MAX_SAFE_INTEGER, expiresAt: undefined } : undefined,
      ),
    }),
});

/** By hand: `new Request` would take the dots out of a path, and with them what a test may be about. */
function received({ method, url, headers: pairs, body }: ClientRequest): ReceivedRequest {
  const headers = new Headers(pairs.map(([name, value]) => [name, value]));
  const request =
    body === undefined
      ? new Request('https://offline.invalid/')
      : new Request('https://offline.invalid/', { method: 'POST', body });
  return {
    request,
    url,
    method,
    headers,
    clientAddress: undefined,
    traceparent: headers.get('traceparent'),
    ray: null,
  };
}

/** A header that is set from a secret is seen to be set; what the secret is does not concern who asks. */
const assumedSecrets = ({ routes }: Policy): ReadonlyMap<string, string> =>
  editSecrets(
    routes.map(({ upstream }) => upstream.requestHeaders),
    new Proxy({}, { get: (_, binding) => `(the secret ${String(binding)})`, has: () => true }),
  );
