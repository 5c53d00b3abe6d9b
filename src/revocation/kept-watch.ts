import type { RequestContext } from '../core/context.ts';
import { endOf, SUM_ERROR_SECONDS } from '../core/token-lifetime.ts';
import type { VerifiedToken } from '../core/verified-token.ts';
import type { EpochWatch } from './epoch-watch.ts';

/**
 * Compares how long the writer keeps an issuer's revocations, which the store tells, with how long this gateway takes
 * the issuer's tokens. A writer that believes in shorter lifetimes forgets a revocation while a token that it hit is
 * still accepted: of such a token an absence says nothing. A writer that says nothing of an issuer assumes nothing.
 */
export class KeptWatch {
  readonly #epochs: EpochWatch;
  /** What was said about, by `iss`: it is said once for each difference. */
  readonly #said = new Map<string, number>();

  constructor(epochs: EpochWatch) {
    this.#epochs = epochs;
  }

  /** Whether the token may outlive its revocation. Emits what the writer's configuration lacks. */
  isTooShortFor(token: VerifiedToken, context: RequestContext): boolean {
    const { profile, iat } = token;
    const keptSeconds = this.#epochs.keptSeconds?.get(profile.issuer);
    if (keptSeconds === undefined) return false;
    const { maxTokenLifetimeSeconds, clockToleranceSeconds } = profile;
    const neededSeconds = maxTokenLifetimeSeconds + clockToleranceSeconds;
    if (keptSeconds >= neededSeconds) return false;
    if (this.#said.get(profile.issuer) !== keptSeconds) {
      this.#said.set(profile.issuer, keptSeconds);
      const issuer = profile.name;
      context.emit({
        event: 'revocation_kept_too_short',
        level: 'error',
        issuer,
        keptSeconds,
        neededSeconds,
      });
    }
    return (
      (endOf(token, profile) ?? 0) - (iat ?? 0) + clockToleranceSeconds > keptSeconds + SUM_ERROR_SECONDS
    );
  }
}
