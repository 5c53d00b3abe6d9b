import type { TokenSource } from '../../core/token-source.ts';
import type { TokenWish } from '../stand-in/mint.ts';

export const VERDICTS = [
  'newly_reachable',
  'looser',
  'may_differ',
  'newly_refused',
  'stricter',
  'moved',
  'other',
] as const;

/**
 * `newly_reachable`: without a token. `looser`, `stricter`: for some tokens. `may_differ`: it cannot be told. `moved`: to
 * another origin.
 */
export type Verdict = (typeof VERDICTS)[number];

/** One thing that is otherwise under the new policy. */
export interface Difference {
  readonly verdict: Verdict;
  /** More may get through than before, or it cannot be told. */
  readonly widening: boolean;
  readonly what: string;
  /** What it was and what it is, where that is short. */
  readonly before?: string | undefined;
  readonly after?: string | undefined;
  readonly witness?: Witness | undefined;
}

/** A request that shows a difference: one policy lets it through and the other does not. */
export interface Witness {
  readonly method: string;
  /** `https://host/path`. */
  readonly url: string;
  /** undefined: it carries none. */
  readonly token: WitnessToken | undefined;
  readonly passes: 'old' | 'new';
}

/** Text that is no token, and that every place which may carry one can carry. */
export const NO_TOKEN = 'no-token';

/** A token as a good one of its issuer, but for the wish; `text`: one that is none. */
export type WitnessToken =
  | { readonly text: string; readonly source: TokenSource }
  | {
      /** Name of the ISSUERS table under the policy that lets it through. */
      readonly issuer: string;
      readonly wish: TokenWish;
      readonly source: TokenSource;
      readonly revoked?: boolean | undefined;
    };
