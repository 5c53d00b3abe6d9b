import { ASSUMED_SECRET } from '../../config/named-secret.ts';
import type { JsonObject } from '../../core/jose.ts';
import type { Access, KeyProvider, Policy } from '../../core/policy.ts';
import type { ReceivedRequest } from '../../core/received-request.ts';
import type { Clock } from '../../core/time.ts';
import { findToken } from '../../credentials/find-token.ts';
import { explain } from '../../gateway/explain/explain.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { createRehearsal } from '../../gateway/rehearse.ts';
import { createDecryptionKeys } from '../../keys/decryption-keys.ts';
import { hmacSecrets } from '../../keys/hmac-secrets.ts';
import { createKeySource } from '../../keys/key-source.ts';
import type { FetchDocument, KeySource } from '../../keys/port.ts';
import { createRevocation } from '../../revocation/check.ts';
import { canonicalTarget } from '../../routing/canonical-path.ts';
import { preflightMethod } from '../../routing/preflight.ts';
import { matchRoute } from '../../routing/route-table.ts';
import { chooseProfile } from '../../tokens/choose-profile.ts';
import { decodeToken } from '../../tokens/decode.ts';
import { type AssumedKeys, createAssumedKeys } from '../stand-in/assumed-keys.ts';
import { assumedSecrets, listedAs, passingContext, passingSigner } from './gateway.ts';
import type { ClientRequest, ExplainKeys, ExplainOffline, ExplainOfflineOptions } from './port.ts';
import { received } from './received.ts';

/**
 * Explains one request without a gateway: keys come from the issuers, a file or nowhere, and no deny-list is asked. A
 * token whose issuer's keys are not at hand is signed anew, header and claims as they are, with a key made up for it, so
 * that everything behind the signature is judged by the pipeline's own code; the explanation says that it was not checked.
 */
export const explainOffline: ExplainOffline = async (policy, request, options) => {
  const { bindings, keys, now } = options;
  const assumed = createAssumedKeys();
  const clock = () => now;
  const lacks = (provider: KeyProvider) => isLacking(provider, keys, bindings);
  const rehearsing = createRehearsal(policy, {
    verifier: {
      keys: sourceOf(policy, options, { assumed, lacks, clock }),
      cache: undefined,
      decryption: createDecryptionKeys(policy.issuers, bindings),
    },
    revocation: createRevocation({ reader: listedAs(new Set()), clock, storeName: 'offline' }),
    headerSecrets: assumedSecrets(policy),
    signer: passingSigner(policy),
    clock,
  });
  const sent = await withSignature(request, rehearsing.gateway, lacks, assumed);
  const { context, settled } = passingContext(now);
  const explanation = await explain(rehearsing, received(sent.request), context, {
    signatureChecked: (_access: Access, token: string) => token !== sent.signed,
    revocationAsked: false,
  });
  await settled();
  return explanation;
};

/** Whether nothing is known of its keys here. */
function isLacking(
  { source }: KeyProvider,
  keys: ExplainKeys,
  bindings: ExplainOfflineOptions['bindings'],
): boolean {
  if (source.from === 'remote') return keys === 'none';
  const isHere = (name: string) => typeof bindings[name] === 'string' && bindings[name] !== ASSUMED_SECRET;
  return source.from === 'secret' && !source.bindings.some(isHere);
}

interface Sources {
  readonly assumed: AssumedKeys;
  readonly lacks: (provider: KeyProvider) => boolean;
  readonly clock: Clock;
}

function sourceOf(
  { issuers }: Policy,
  { bindings, keys, fetch }: ExplainOfflineOptions,
  { assumed, lacks, clock }: Sources,
): KeySource {
  const providers = new Map(
    issuers.map((issuer) => [
      issuer.keys,
      typeof keys === 'string' ? issuer.keys : withSet(issuer.keys, keys.jwks),
    ]),
  );
  const those = [...providers.values()];
  const real = createKeySource(those, {
    fetch: fetch as FetchDocument,
    clock,
    secrets: hmacSecrets(those, bindings),
    jitter: () => 0,
  });
  return {
    keysFor: (provider, header, context, tried) =>
      lacks(provider)
        ? assumed.keysFor(provider, header)
        : real.keysFor(providers.get(provider) ?? provider, header, context, tried),
    status: (now) => real.status(now),
  };
}

/** The same with a set at hand in the place of what the issuer publishes. */
const withSet = (provider: KeyProvider, jwks: JsonObject): KeyProvider =>
  provider.source.from === 'remote'
    ? { ...provider, source: { from: 'inline', jwks, pins: provider.source.pins } }
    : provider;

interface SentRequest {
  readonly request: ClientRequest;
  /** The token that was signed anew; undefined: none was. */
  readonly signed: string | undefined;
}

async function withSignature(
  request: ClientRequest,
  gateway: Gateway,
  lacks: (provider: KeyProvider) => boolean,
  assumed: AssumedKeys,
): Promise<SentRequest> {
  const asSent = { request, signed: undefined };
  const found = tokenIn(received(request), gateway);
  if (found === undefined) return asSent;
  const decoded = decodeToken(found.token);
  const chosen = decoded.ok ? chooseProfile(decoded.value, found.access.profiles) : undefined;
  if (!chosen?.ok || !lacks(chosen.value.profile.keys)) return asSent;
  const signed = await assumed.signAnew(found.token);
  if (signed === undefined) return asSent;
  const replaced = (text: string) =>
    text.replaceAll(found.token, signed).replaceAll(base64url(found.token), base64url(signed));
  const headers = request.headers.map(([name, value]) => [name, replaced(value)] as const);
  return { request: { ...request, url: replaced(request.url), headers }, signed };
}

function tokenIn(
  request: ReceivedRequest,
  { routes, maxTokenBytes }: Gateway,
): { readonly token: string; readonly access: Access } | undefined {
  const target = canonicalTarget(request);
  const match = target.ok
    ? matchRoute(routes, request.method, target.value, preflightMethod(request))
    : undefined;
  if (!match?.ok || !target.ok) return undefined;
  const { access } = match.value.route;
  const carrier = { received: request, target: target.value };
  const found = findToken(access, carrier, { maxTokenBytes, known: undefined });
  return found.ok ? { token: found.value, access } : undefined;
}

const base64url = (text: string): string =>
  btoa(text).replaceAll('+', '-').replaceAll('/', '_').replace(/=+$/, '');
