import type { Policy } from '../core/policy.ts';
import type { Clock } from '../core/time.ts';
import { createKeyLeaser, IDENTITY_SEAL, type IdentityKeyLease } from '../signing-keys/leased-key.ts';
import { createSealer, sealingSecrets } from '../signing-keys/sealing.ts';
import type { IdentitySigner } from './forward.ts';
import type { IdentityKeysObject } from './identity-keys-object.ts';

/** Signs with the keys of the one object that keeps them; undefined where no route signs. */
export function signerFor(
  { signing }: Policy,
  bindings: Readonly<Record<string, unknown>>,
  clock: Clock,
): IdentitySigner | undefined {
  if (signing === undefined) return undefined;
  const { issuer, sealing } = signing;
  const objects = bindings.IDENTITY_KEYS as DurableObjectNamespace<IdentityKeysObject>;
  const sealer = createSealer(sealingSecrets(sealing, bindings), IDENTITY_SEAL);
  const lease = async (): Promise<IdentityKeyLease> => await objects.getByName('identity').lease(sealing);
  return { issuer, keys: createKeyLeaser(lease, sealer, clock) };
}
