import type { RequestContext } from '../core/context.ts';
import type { JwsHeader } from '../core/jose.ts';
import type { KeyProvider, KeyProviderSource } from '../core/policy.ts';
import { err, ok, type Result } from '../core/result.ts';
import type { NumericDate } from '../core/time.ts';
import { emitRejected } from './events.ts';
import { readJwks } from './jwks.ts';
import { importKeySet, type KeySet } from './key-set.ts';
import { jwksOfPem } from './pem.ts';
import type { Candidates, IssuerKeysStatus } from './port.ts';
import { staticStatus } from './static-status.ts';

type InlineSource = Extract<KeyProviderSource, { from: 'inline' | 'pem' }>;

/** Keys written in the configuration: the same checks as for fetched ones, and never out of date. */
export class InlineKeys {
  readonly #provider: KeyProvider;
  readonly #policy: InlineSource;
  #keys: KeySet | undefined;

  constructor(provider: KeyProvider, policy: InlineSource) {
    this.#provider = provider;
    this.#policy = policy;
  }

  keysFor(header: JwsHeader, context: RequestContext): Result<Candidates> | Promise<Result<Candidates>> {
    const keys = this.#keys;
    return keys === undefined
      ? this.#import(context).then((imported) => pick(imported, header))
      : pick(keys, header);
  }

  /** Requests that arrive together each import: nothing is awaited across requests. The first to finish wins. */
  async #import(context: RequestContext): Promise<KeySet> {
    const policy = this.#policy;
    const { pins } = policy;
    const jwks = policy.from === 'pem' ? await jwksOfPem(policy.blocks) : policy.jwks;
    const read = await readJwks(jwks, Number.POSITIVE_INFINITY);
    const sound = read.ok ? read.value : { keys: [], rejected: [] };
    const imported = await importKeySet(sound, { algorithms: this.#provider.algorithms, pins }, undefined);
    if (this.#keys !== undefined) return this.#keys;
    this.#keys = imported;
    emitRejected({ issuer: this.#provider.name, emit: context.emit }, imported.rejected, []);
    return imported;
  }

  status(_now: NumericDate): IssuerKeysStatus {
    return staticStatus(this.#provider.name, 'inline', this.#keys);
  }
}

/** There is nobody to ask for another key. */
const pick = (keys: KeySet, header: JwsHeader): Result<Candidates> => {
  const found = keys.find(header);
  if (found?.ok) return found.value.conclusive ? found : ok({ ...found.value, conclusive: true });
  return err({ reason: 'key_not_found', evidence: found?.error ?? 'not in the configured set' });
};
