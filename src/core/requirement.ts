import type { ClaimPath } from './claim-address.ts';
import type { JsonValue } from './jose.ts';

/**
 * What must hold of a live token and its request: plain data, of the shape in which it was written. An `all` of nothing
 * holds, an `any` of nothing does not. What asks for a claim that is absent does not hold, so that `not` of it does.
 */
export type Requirement =
  | { readonly kind: 'all' | 'any'; readonly of: readonly Requirement[] }
  | ({ readonly kind: 'not'; readonly of: Requirement } & Written)
  | Leaf;

export type Leaf = ScopeRequirement | ClaimRequirement | TokenRequirement | RequestRequirement;

interface Written {
  /** Where it stands in its route, such as `require.all[1].any[0]`; undefined: in a short form, or nowhere. */
  readonly at?: string;
}

/** RFC 6749 §3.3. */
export interface ScopeRequirement extends Written {
  readonly kind: 'scope';
  readonly values: readonly string[];
  readonly match: 'all' | 'any';
}

/** `space`, `comma`: a string claim is a list of words. */
export type Separator = 'space' | 'comma';

export type ClaimRequirement = Written & { readonly name: string; readonly path: ClaimPath } & (
    | { readonly kind: 'equals'; readonly value: JsonValue }
    | { readonly kind: 'one_of'; readonly values: readonly JsonValue[] }
    | { readonly kind: 'contains'; readonly value: JsonValue }
    | {
        readonly kind: 'contains_any' | 'contains_all';
        readonly values: readonly JsonValue[];
        readonly separator: Separator | undefined;
      }
    | { readonly kind: 'exists' }
    /** The literal pieces between the `*` of a glob: the first begins the claim, the last ends it. At least two. */
    | { readonly kind: 'matches'; readonly pieces: readonly string[] }
    /** Bounds included; at least one is there. */
    | { readonly kind: 'range'; readonly min: number | undefined; readonly max: number | undefined }
    | { readonly kind: 'has_key'; readonly key: string }
    | ParameterRequirement
  );

/** Compares a claim, or for `contains_param` one of its elements, with a parameter of the path. */
export interface ParameterRequirement {
  readonly kind: 'equals_param' | 'contains_param';
  readonly parameter: string;
  readonly separator: Separator | undefined;
  /** The origin tells letter case apart in this segment: else a value in which case could matter is in doubt. */
  readonly caseSensitive: boolean;
  /** What the comparison says where readings of the parameter would give different answers: true below a `not`. */
  readonly inDoubt: boolean;
}

export type TokenRequirement = Written &
  (
    | { readonly kind: 'client'; readonly values: readonly string[] }
    /** Names of ISSUERS tables. */
    | { readonly kind: 'issuer'; readonly values: readonly string[] }
    | { readonly kind: 'token_age'; readonly maxSeconds: number }
    /** RFC 9470: how and when the user authenticated. At least one is there. */
    | {
        readonly kind: 'authentication';
        readonly acr: readonly string[] | undefined;
        readonly amr: readonly string[] | undefined;
        readonly maxAgeSeconds: number | undefined;
      }
  );

export type RequestRequirement = Written &
  (
    | { readonly kind: 'method'; readonly values: readonly string[] }
    | { readonly kind: 'host'; readonly values: readonly HostPattern[] }
  );

/** `wildcard` holds `example.com` for `*.example.com`, which matches one or more labels before it. */
export interface HostPattern {
  readonly kind: 'exact' | 'wildcard';
  readonly value: string;
}
