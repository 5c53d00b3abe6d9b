import type { Policy, Route } from '../../core/policy.ts';

/** What one policy does with the requests of a region. */
export interface Side {
  readonly policy: Policy;
  /** undefined: they are refused before any route. */
  readonly route: Route | undefined;
  /** The route's name, or the reason of the refusal. */
  readonly text: string;
}

/** One region under two policies. */
export interface Pair {
  readonly old: Side;
  readonly new: Side;
  readonly request: { readonly method: string; readonly url: string };
  readonly example: { readonly method: string; readonly host: string; readonly path: string };
}
