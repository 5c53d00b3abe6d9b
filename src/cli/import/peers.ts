import { envoy } from './envoy.ts';
import { istio } from './istio.ts';
import type { Peer } from './peer.ts';

/** In the order in which they are asked whether a file is theirs. */
export const PEERS: Readonly<Record<string, Peer>> = { istio, envoy };
