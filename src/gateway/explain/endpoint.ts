import type { RequestContext } from '../../core/context.ts';
import type { JsonObject } from '../../core/jose.ts';
import type { Policy } from '../../core/policy.ts';
import type { ReceivedRequest } from '../../core/received-request.ts';
import { readJson } from '../../http/body.ts';
import { problemAnswer } from '../../http/problem.ts';
import type { Gateway, Pipeline } from '../gateway.ts';
import { ownPipeline } from '../own-pipeline.ts';
import { createRehearsal } from '../rehearse.ts';
import { explain } from './explain.ts';

/**
 * Why this gateway would answer a request as it does: `{ method, url, headers: [[name, value], …] }` in, an `Explanation`
 * out. Decided like any protected route. Keys and deny-list are asked as for the request itself; no origin is asked, nothing
 * is counted, and no event tells of the request that is asked about. Whoever may ask can read the policy of its routes,
 * and whether a token that they have is revoked; never a secret, a key or anything of a token that they have not.
 */
export const explainPipeline = (policy: Policy): Pipeline =>
  ownPipeline('portcullis-explain', policy.explain, policy, answerQuestion);

async function answerQuestion(
  gateway: Gateway,
  received: ReceivedRequest,
  context: RequestContext,
): Promise<Response> {
  const body = await readJson(received.request);
  if (!body.ok) return problemAnswer(body.error);
  const asked = askedRequest(body.value);
  if (asked === undefined) return problemAnswer({ status: 400, detail: EXPECTED });
  const rehearsal = createRehearsal(gateway.policy, rehearsalPorts(gateway));
  const explanation = await explain(rehearsal, asked, context, {
    signatureChecked: () => true,
    revocationAsked: true,
  });
  return Response.json(explanation, { headers: { 'Cache-Control': 'no-store' } });
}

const EXPECTED = 'Expected {"method": "GET", "url": "https://host/path", "headers": [["name", "value"]]}.';

/** Every signature is verified, whatever the cache holds: that is what is asked. */
const rehearsalPorts = ({ verifier, revocation, headerSecrets, signer, clock }: Gateway) => ({
  verifier: { ...verifier, cache: undefined },
  revocation,
  headerSecrets,
  signer,
  clock,
});

const MAX_HEADERS = 100;

/** undefined: it describes no request that could be sent. */
function askedRequest({ method, url, headers, ...others }: JsonObject): ReceivedRequest | undefined {
  if (Object.keys(others).length > 0) return undefined;
  if (typeof method !== 'string' || !/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,40}$/.test(method)) return undefined;
  if (typeof url !== 'string' || !/^https?:\/\/[^/\s]+\/\S*$/.test(url)) return undefined;
  if (!Array.isArray(headers) || headers.length > MAX_HEADERS) return undefined;
  const sent = new Headers();
  for (const pair of headers) {
    const [name, value, ...more]: readonly unknown[] = Array.isArray(pair) ? pair : [];
    if (typeof name !== 'string' || typeof value !== 'string' || more.length > 0) return undefined;
    if (!canStand(sent, name, value)) return undefined;
  }
  const content = sent.has('transfer-encoding') || !/^0*$/.test(sent.get('content-length') ?? '');
  return {
    request: new Request('https://explain.invalid/', content ? { method: 'POST', body: ' ' } : {}),
    url,
    method,
    headers: sent,
    clientAddress: undefined,
    traceparent: sent.get('traceparent'),
    ray: null,
  };
}

function canStand(headers: Headers, name: string, value: string): boolean {
  try {
    headers.append(name, value);
    return true;
  } catch {
    return false;
  }
}
