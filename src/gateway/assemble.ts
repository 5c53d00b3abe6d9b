import type { Policy } from '../core/policy.ts';
import { resourceDocuments } from '../resource-metadata/answer.ts';
import { buildRouteTable } from '../routing/route-table.ts';
import { longestRequestSeconds, OpenRequests } from '../telemetry/open-requests.ts';
import { completedRoutes } from './complete-answer.ts';
import type { Gateway } from './gateway.ts';

/** What a policy does not say by itself: the parts that reach out of the gateway, and the clock. */
export type GatewayPorts = Pick<
  Gateway,
  | 'verifier'
  | 'guesses'
  | 'revocation'
  | 'counters'
  | 'candidate'
  | 'services'
  | 'headerSecrets'
  | 'signer'
  | 'emit'
  | 'handOver'
  | 'clock'
>;

/** The gateway of a policy, in a Worker as offline. */
export const assembleGateway = (policy: Policy, ports: GatewayPorts): Gateway => ({
  policy,
  routes: buildRouteTable(policy.routes),
  completed: completedRoutes(policy.routes),
  resources: resourceDocuments(policy.resources),
  open: new OpenRequests(longestRequestSeconds(policy)),
  mappedHeaders: policy.mappedHeaders,
  maxTokenBytes: policy.maxTokenBytes,
  ...ports,
});
