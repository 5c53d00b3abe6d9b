import type { PathParameters } from '../../core/path-parameter.ts';
import type { TokenProfile } from '../../core/policy.ts';
import type { Atom } from './formula.ts';

/** One thing that is asked of a token, or that it must not meet. */
export interface Literal {
  readonly atom: Atom;
  readonly holds: boolean;
}

/** Whose tokens, for which request. */
export interface Presented {
  readonly profile: TokenProfile;
  /** Of the request's path, as `formula.ts` names them. */
  readonly parameters: PathParameters;
  /** The token has to be one that can be revoked. */
  readonly revocable: boolean;
}
