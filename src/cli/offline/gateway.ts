import { generateKeyPair } from 'jose';
import type { RequestContext } from '../../core/context.ts';
import type { Policy } from '../../core/policy.ts';
import { ok, type Result } from '../../core/result.ts';
import type { NumericDate } from '../../core/time.ts';
import type { Gateway } from '../../gateway/gateway.ts';
import { createRehearsal } from '../../gateway/rehearse.ts';
import { editSecrets } from '../../origin/edit-headers.ts';
import { createRevocation } from '../../revocation/check.ts';
import type { RevocationReader } from '../../revocation/port.ts';
import type { LeasedKey } from '../../signing-keys/leased-key.ts';
import type { AskOffline, OpenOffline } from './port.ts';
import { received } from './received.ts';

/**
 * Sends one request through the gateway's own pipeline, without a network: the keys are stand-ins, the deny-list holds what
 * it is told, and every origin answers 200 and nothing else.
 */
export const askOffline: AskOffline = (policy, request, options) => openOffline(policy, options)(request);

/** The same for many requests, one after the other. */
export const openOffline: OpenOffline = (policy, { keys, clock, revoked }) => {
  const { rehearse } = createRehearsal(policy, {
    verifier: { keys: keys.source, cache: undefined, decryption: keys.decryption },
    revocation: createRevocation({ reader: listedAs(revoked), clock, storeName: 'offline' }),
    headerSecrets: assumedSecrets(policy),
    signer: passingSigner(policy),
    clock,
  });
  return async (request) => {
    const { context, settled } = passingContext(clock());
    const rehearsal = await rehearse(received(request), context);
    await settled();
    return rehearsal;
  };
};

/** What a request of an isolate is given: work that goes on behind the answer ends before the command does. */
export function passingContext(now: NumericDate): {
  context: RequestContext;
  settled: () => Promise<unknown>;
} {
  const pending: Promise<unknown>[] = [];
  const context = { now, waitUntil: (work: Promise<unknown>) => void pending.push(work), emit: () => {} };
  return { context, settled: () => Promise.allSettled(pending) };
}

/** Shows what an identity token says; nobody can verify it. */
export const passingSigner = ({ signing }: Policy): Gateway['signer'] =>
  signing && { issuer: signing.issuer, keys: { current: passingKey } };

async function passingKey(): Promise<Result<LeasedKey>> {
  const { privateKey } = await generateKeyPair('ES256');
  return ok({ kid: 'offline', key: privateKey, jwks: '{"keys":[]}' });
}

/** A store in which everything named is revoked, for tokens however young. */
export const listedAs = (revoked: ReadonlySet<string>): RevocationReader => ({
  read: async (keys) =>
    ok({
      epoch: 'offline',
      values: keys.map((key) =>
        revoked.has(key) ? { issuedBefore: Number.MAX_SAFE_INTEGER, expiresAt: undefined } : undefined,
      ),
    }),
});

/** A header that is set from a secret is seen to be set; what the secret is does not concern who asks. */
export const assumedSecrets = ({ routes }: Policy): ReadonlyMap<string, string> =>
  editSecrets(
    routes.map(({ upstream }) => upstream.requestHeaders),
    new Proxy({}, { get: (_, binding) => `(the secret ${String(binding)})`, has: () => true }),
  );
