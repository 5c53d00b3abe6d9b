import { aws } from './aws.ts';
import { envoy } from './envoy.ts';
import { istio } from './istio.ts';
import { kong } from './kong.ts';
import { krakend } from './krakend.ts';
import { oathkeeper } from './oathkeeper.ts';
import { oauth2Proxy } from './oauth2-proxy.ts';
import type { Peer } from './peer.ts';
import { traefik } from './traefik.ts';

/** In the order in which they are asked whether a file is theirs. */
export const PEERS: Readonly<Record<string, Peer>> = {
  istio,
  kong,
  krakend,
  aws,
  oathkeeper,
  'oauth2-proxy': oauth2Proxy,
  traefik,
  envoy,
};
