import type { Rejection } from '../core/rejection.ts';
import { err, ok, type Result } from '../core/result.ts';
import { readForm } from '../http/body.ts';
import { type Fault, RATE_EXCEEDED, UNAVAILABLE } from '../http/fault.ts';
import { oauthError, problemAnswer } from '../http/problem.ts';
import { authenticateRegistered } from '../http/registered-client.ts';
import { verifyJwt } from '../tokens/verify.ts';
import { isForAlone, MAX_ASSERTION_SECONDS } from './assertion.ts';
import { callerAddress } from './caller-address.ts';
import { digestOf } from './digest.ts';
import type { Client } from './policy.ts';
import type { Exchange } from './ports.ts';

/** A form whose client has proved itself. */
export interface ClientRequest {
  readonly client: Client;
  /** Each parameter once; one without a value is as if omitted (RFC 6749 §3.2). */
  readonly parameters: ReadonlyMap<string, string>;
}

/** Reads a form and authenticates its client, or gives the answer that says why not (RFC 6749 §5.2). */
export async function readClientRequest(exchange: Exchange): Promise<Result<ClientRequest, Response>> {
  const { request, ports } = exchange;
  const form = await readForm(request);
  if (!form.ok) return err(oauthError('invalid_request', form.error));
  const parameters = new Map([...form.value].filter(([, value]) => value !== ''));
  const authorization = request.headers.get('Authorization');
  const proves = authorization !== null || parameters.has('client_assertion');
  const heldOff = proves
    ? ports.guesses?.heldOffFor(callerAddress(request), exchange.context.now)
    : undefined;
  if (heldOff !== undefined) return err(problemAnswer(heldOffFor(heldOff)));
  const client = await authenticateRegistered(authorization, parameters, ports.policy.clients, (assertion) =>
    clientOf(assertion, exchange),
  );
  if (!client.ok) return err(refuseClient(client.error, proves, exchange));
  if (!(await ports.withinRate(`client:${client.value.name}`))) return err(problemAnswer(RATE_EXCEEDED));
  return ok({ client: client.value, parameters });
}

/** A public client proves nothing and guesses nothing: of a failure, that of a secret or an assertion is counted alone. */
function refuseClient(fault: Fault, proves: boolean, { request, ports, context }: Exchange): Response {
  if (fault.status === 503) return problemAnswer(fault);
  if (fault.status !== 401) return oauthError('invalid_request', fault);
  ports.emit({ event: 'client_authentication_failed', level: 'info' });
  if (proves) ports.guesses?.failed(callerAddress(request), 'signature_invalid', context.now, context);
  return oauthError('invalid_client', fault);
}

const heldOffFor = (seconds: number): Fault => ({
  ...RATE_EXCEEDED,
  detail: 'Too many failed authentications from this address.',
  headers: { 'Retry-After': String(Math.ceil(seconds)) },
});

/** RFC 7523 §3: `iss` and `sub` are the client, `aud` is this server alone, it ends soon and counts once. */
async function clientOf(assertion: string, { ports, context }: Exchange): Promise<Result<string, Fault>> {
  const profiles = new Map(
    [...ports.policy.clients.values()].flatMap(({ clientId, authentication }) =>
      authentication.method === 'private_key_jwt' ? [[clientId, [authentication.profile]] as const] : [],
    ),
  );
  const verified = await verifyJwt(assertion, profiles, { keys: ports.keys, cache: undefined }, context);
  if (!verified.ok) return err(isUnknown(verified.error) ? UNAVAILABLE : REFUSED);
  const { claims, profile } = verified.value;
  const { sub, jti, exp } = claims;
  if (!isForAlone(ports.policy.issuer, claims.aud)) return err(REFUSED);
  if (sub !== profile.issuer || typeof jti !== 'string' || typeof exp !== 'number') return err(REFUSED);
  const left = exp + profile.clockToleranceSeconds - context.now;
  if (left > MAX_ASSERTION_SECONDS + profile.clockToleranceSeconds) return err(REFUSED);
  if (ports.denyList === undefined) return ok(profile.issuer);
  const id = await digestOf('client_assertion', profile.issuer, jti);
  // Throws when the store does not answer, which is 503.
  const isFirst = await ports.denyList.store.claimOnce(id, Math.max(1, Math.ceil(left)));
  return isFirst ? ok(profile.issuer) : err(REFUSED);
}

const REFUSED: Fault = { status: 401, detail: 'The assertion is refused.' };

/** Keys that cannot be had: the token may be good. */
export const isUnknown = ({ reason }: Rejection): boolean => reason === 'keys_unavailable';
