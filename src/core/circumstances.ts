import type { PathParameters } from './path-parameter.ts';
import type { NumericDate } from './time.ts';

/** What a requirement may look at beside the token: the request, and when it came. */
export interface Circumstances {
  readonly request: {
    readonly received: { readonly method: string };
    readonly target: { readonly host: string };
    /** undefined: the route's path has none. */
    readonly parameters?: PathParameters | undefined;
  };
  readonly context: { readonly now: NumericDate };
}
