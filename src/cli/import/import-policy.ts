import { arrange } from './arrange.ts';
import { type Loss, Losses } from './losses.ts';
import type { ImportedRoute } from './model.ts';
import { EVERY_PATTERN } from './path-set.ts';
import type { Peer } from './peer.ts';
import type { SourceNode } from './source-node.ts';
import { writePolicy } from './write-policy.ts';

export interface ImportOptions {
  readonly origin: string | undefined;
  readonly audience: readonly string[] | undefined;
  /** What the file is called, for the first line of the result. */
  readonly source: string;
}

export interface ImportedPolicy {
  readonly toml: string;
  readonly losses: readonly Loss[];
  /** Keys that a person has to write: `ROUTES.orders.origin`. */
  readonly missing: readonly string[];
  readonly counts: { readonly issuers: number; readonly routes: number };
}

/** Where nothing is let through there is still a route: a gateway without any does not start. */
const NOTHING: ImportedRoute = {
  hosts: ['*'],
  paths: [EVERY_PATTERN],
  methods: undefined,
  served: undefined,
};

/** A peer's configuration as ours, and whatever of it is not as it was. Throws `SourceFault`. */
export function importPolicy(
  peer: Peer,
  documents: readonly SourceNode[],
  { origin, audience, source }: ImportOptions,
): ImportedPolicy {
  const losses = new Losses();
  const { issuers, sets, decide } = peer.read(documents, { losses, origin, audience });
  const arranged = arrange(sets, decide);
  const routes = arranged.length === 0 ? [NOTHING] : arranged;
  const { text, missing } = writePolicy(issuers, routes, { losses, source });
  return {
    toml: text,
    losses: losses.byLine(),
    missing,
    counts: { issuers: issuers.length, routes: routes.filter(({ served }) => served !== undefined).length },
  };
}
