import type { Access } from './access.ts';
import type { PathPattern } from './path-set.ts';

export type TomlValue =
  | string
  | number
  | boolean
  | readonly TomlValue[]
  | { readonly [key: string]: TomlValue };
export type TomlTable = { readonly [key: string]: TomlValue };

/** An ISSUERS table to be. */
export interface ImportedIssuer {
  readonly name: string;
  readonly line: number;
  readonly keys: TomlTable;
  /** Required keys that the peer does not know: a person has to write them. Key → why. */
  readonly missing: Readonly<Record<string, string>>;
  /** Where its tokens are looked for, as `token_sources` has it. */
  readonly sources: readonly TomlValue[];
  /** What the origin learns of its tokens. */
  readonly headers: TomlTable;
  readonly forwardsToken: boolean;
}

/** Where requests go; `origin` undefined: the peer's file does not say. */
export interface Upstream {
  readonly origin: string | undefined;
  /** Whole segments that the origin does not get. */
  readonly stripPrefix?: string;
  /** What takes the place of the path `of`. */
  readonly rewrite?: { readonly of: string; readonly to: string };
}

/** What becomes of requests at a peer. */
export interface Outcome {
  /** For the name of the route. */
  readonly label: string;
  readonly line: number;
  readonly access: Access;
  readonly upstream: Upstream;
  /** Instead of those of the issuers. */
  readonly sources?: readonly TomlValue[];
  /** Besides those of the issuers. */
  readonly headers?: TomlTable;
}

/** A ROUTES table to be. */
export interface ImportedRoute {
  readonly hosts: readonly string[];
  readonly paths: readonly PathPattern[];
  /** undefined: every method that no other route of the same hosts and paths names. */
  readonly methods: readonly string[] | undefined;
  /** undefined: nobody gets through. */
  readonly served: Outcome | undefined;
}
