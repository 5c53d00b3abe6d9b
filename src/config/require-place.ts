import type { RouteHost } from '../core/policy.ts';
import type { Reading } from './place.ts';

/** What a requirement of a route may refer to. */
export interface RequireSurroundings {
  /** Of the ISSUERS tables that the route takes. */
  readonly issuers: readonly string[];
  /** undefined: every method. */
  readonly methods: readonly string[] | undefined;
  readonly hosts: readonly RouteHost[];
  /** What every path of the route has; undefined where none could be read. */
  readonly parameters: readonly string[] | undefined;
}

/** Where in the tree a table stands. */
export interface RequirePlace extends Reading {
  /** Its place in the route: `require`, `require.all[0]`. */
  readonly at: string;
  /** Tables around it that hold others. */
  readonly depth: number;
  /** Below an odd number of `not`. */
  readonly negated: boolean;
  readonly around: RequireSurroundings;
  /** Tables read so far. */
  readonly budget: { tables: number };
}
