import type { Decide } from './arrange.ts';
import type { Losses } from './losses.ts';
import type { ImportedIssuer } from './model.ts';
import type { RequestSet } from './request-set.ts';
import type { SourceNode } from './source-node.ts';

export interface PeerContext {
  readonly losses: Losses;
  /** Given on the command line: where every request goes. */
  readonly origin: string | undefined;
  /** Given on the command line: for issuers of which the peer names no audience. */
  readonly audience: readonly string[] | undefined;
}

/** What a peer's configuration comes to. */
export interface PeerPolicy {
  readonly issuers: readonly ImportedIssuer[];
  /** Everything that `decide` may ask about. */
  readonly sets: readonly RequestSet[];
  readonly decide: Decide;
}

export interface Peer {
  readonly title: string;
  /** What is different whatever the file says. */
  readonly differences: readonly string[];
  /** Whether the documents look like this peer's. */
  recognises(documents: readonly SourceNode[]): boolean;
  /** Throws `SourceFault` for what is not as the peer's documentation has it. */
  read(documents: readonly SourceNode[], context: PeerContext): PeerPolicy;
}
