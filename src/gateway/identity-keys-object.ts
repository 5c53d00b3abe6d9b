import { DurableObject } from 'cloudflare:workers';
import { inStorage, jwksText, KeptRing } from '../signing-keys/kept-ring.ts';
import type { IdentityKeyLease } from '../signing-keys/leased-key.ts';
import { IDENTITY_KEY_TIMES, IDENTITY_SEAL } from '../signing-keys/leased-key.ts';
import { createSealer, sealingSecrets } from '../signing-keys/sealing.ts';

const SECRETS = 'secrets';

/**
 * Keeps the keys that the gateway signs identity with, and rotates them. What leaves it is public, or sealed with a secret
 * of the gateway. Its caller is the gateway alone.
 */
export class IdentityKeysObject extends DurableObject<Record<string, unknown>> {
  /** @param names of the bindings whose secrets seal: the first seals, all open */
  async lease(names: readonly string[]): Promise<IdentityKeyLease> {
    this.ctx.storage.kv.put(SECRETS, [...names]);
    const ring = await this.#ring(names).current();
    const { kid, sealed } = ring.current;
    return { kid, sealed, jwks: jwksText(ring) };
  }

  override async alarm(): Promise<void> {
    const names = this.ctx.storage.kv.get<string[]>(SECRETS);
    if (names === undefined) return;
    const ring = this.#ring(names);
    await ring.wake(await ring.current());
  }

  #ring(names: readonly string[]): KeptRing {
    const sealer = createSealer(sealingSecrets(names, this.env), IDENTITY_SEAL);
    const clock = () => Date.now() / 1000;
    return new KeptRing(inStorage(this.ctx.storage), {
      algorithm: 'ES256',
      times: IDENTITY_KEY_TIMES,
      sealer,
      clock,
    });
  }
}
