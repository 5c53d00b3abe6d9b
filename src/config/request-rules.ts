import type { Route } from '../core/policy.ts';
import type { Result } from '../core/result.ts';

/** What other rooms decide and the checks here need: handed in by the entry, so that each decision stays in one place. */
export interface RequestRules {
  /** `routing/canonical-path.ts`: the one spelling of a path that requests are matched in, or a refusal. */
  readonly canonicalPath: (path: string) => Result<string>;
  /** `routing/route-conflicts.ts`: pairs of routes of which none is the more specific one. */
  readonly conflictingRoutes: (routes: readonly Route[]) => readonly (readonly [Route, Route])[];
  /**
   * `routing/route-conflicts.ts`: pairs whose parameters overlap, with the path of the route that would decide;
   * undefined: too many overlap.
   */
  readonly overlappingRoutes: (
    routes: readonly Route[],
  ) => readonly { readonly routes: readonly [Route, Route]; readonly meet: string | undefined }[];
  /** `routing/mapped-around.ts`: routes by which one gets to what a stricter route of the same origin guards. */
  readonly mappedAround: (routes: readonly Route[]) => readonly {
    readonly by: Route;
    readonly around: Route;
    readonly sent: string;
    readonly reached: string;
  }[];
  /** `core/fold-header-name.ts`: the one spelling that an origin may read a header name as. */
  readonly foldHeaderName: (name: string) => string;
  /** `origin/reserved-headers.ts`: why a claim may not be sent as this header, or undefined. */
  readonly mappingFault: (header: string) => 'reserved' | 'standard' | undefined;
  /** `origin/reserved-headers.ts`: whether a route may keep this header of another proxy. */
  readonly isKeepable: (header: string) => boolean;
  /** `origin/editable-headers.ts`: why a route may not change this header in this way, or undefined. */
  readonly editFault: (
    header: string,
    direction: 'request' | 'response',
    action: 'set' | 'append' | 'remove',
  ) => 'framing' | 'own' | 'spelling' | 'stripped' | undefined;
  /** `origin/sign-identity.ts`: what an identity token covers, where these headers are mapped. */
  readonly coveredHeaders: (mapped: readonly string[]) => readonly string[];
  /** `origin/editable-headers.ts`: whether clients' copies of a header that some route sets go on every route. */
  readonly isStrippedWhereSet: (header: string) => boolean;
}
