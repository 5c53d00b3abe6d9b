import { corsTable } from '../cors-table.ts';
import { eventsTable } from '../events-table.ts';
import { headerEditsTable, signedIdentityTable, signingTable } from '../origin-keys.ts';
import { canaryTable, explainTable, serverTimingTable, statusTable } from '../own-endpoints-tables.ts';
import { failedAuthenticationLimitTable, rateLimitTable } from '../rate-limit-tables.ts';
import { resourceMetadataTable } from '../resource-metadata-table.ts';
import {
  claimTable,
  gatewayTable,
  headerTable,
  issuerTable,
  jwksCacheTable,
  revocationTable,
  routeTable,
  tokenCacheTable,
} from '../schema.ts';
import { requireTable } from '../schema-require.ts';
import { onUnauthenticatedTable, tokenSourceTable } from '../token-sources-table.ts';
import { CORS_KEYS } from './answers.ts';
import {
  CANARY_KEYS,
  EVENTS_KEYS,
  EXPLAIN_KEYS,
  GATEWAY_KEYS,
  SERVER_TIMING_KEYS,
  STATUS_KEYS,
  TOKEN_CACHE_KEYS,
} from './gateway.ts';
import { ISSUER_KEYS, JWKS_CACHE_KEYS } from './issuer.ts';
import type { KeyReference } from './key-reference.ts';
import { HEADER_EDIT_KEYS, SIGNED_IDENTITY_KEYS, SIGNING_KEYS } from './origin.ts';
import { FAILED_AUTHENTICATION_LIMIT_KEYS, RATE_LIMIT_KEYS } from './rate-limit.ts';
import { REQUIRE_KEYS } from './require.ts';
import { RESOURCE_METADATA_KEYS } from './resource-metadata.ts';
import { CLAIM_KEYS, HEADER_KEYS, REVOCATION_KEYS, ROUTE_KEYS } from './route.ts';
import { ON_UNAUTHENTICATED_KEYS, TOKEN_SOURCE_KEYS } from './token-sources.ts';

export interface TableReference {
  /** As docs/configuration.md marks the place of the table's keys. */
  readonly name: string;
  readonly schema: { readonly shape: Readonly<Record<string, object>> };
  readonly keys: Readonly<Record<string, KeyReference>>;
  /** The file where a new key of the table is described. */
  readonly file: string;
}

/** Every table of the gateway's configuration, in the order of docs/configuration.md. */
export const TABLES: readonly TableReference[] = [
  { name: 'ISSUERS', schema: issuerTable, keys: ISSUER_KEYS, file: 'issuer.ts' },
  { name: 'ISSUERS.jwks_cache', schema: jwksCacheTable, keys: JWKS_CACHE_KEYS, file: 'issuer.ts' },
  { name: 'ROUTES', schema: routeTable, keys: ROUTE_KEYS, file: 'route.ts' },
  {
    name: 'ROUTES.token_sources',
    schema: tokenSourceTable,
    keys: TOKEN_SOURCE_KEYS,
    file: 'token-sources.ts',
  },
  {
    name: 'ROUTES.on_unauthenticated',
    schema: onUnauthenticatedTable,
    keys: ON_UNAUTHENTICATED_KEYS,
    file: 'token-sources.ts',
  },
  { name: 'ROUTES.claims', schema: claimTable, keys: CLAIM_KEYS, file: 'route.ts' },
  { name: 'ROUTES.require', schema: requireTable, keys: REQUIRE_KEYS, file: 'require.ts' },
  { name: 'ROUTES.headers', schema: headerTable, keys: HEADER_KEYS, file: 'route.ts' },
  {
    name: 'ROUTES.request_headers',
    schema: headerEditsTable,
    keys: HEADER_EDIT_KEYS,
    file: 'origin.ts',
  },
  {
    name: 'ROUTES.signed_identity',
    schema: signedIdentityTable,
    keys: SIGNED_IDENTITY_KEYS,
    file: 'origin.ts',
  },
  { name: 'ROUTES.revocation', schema: revocationTable, keys: REVOCATION_KEYS, file: 'route.ts' },
  { name: 'ROUTES.cors', schema: corsTable, keys: CORS_KEYS, file: 'answers.ts' },
  {
    name: 'ROUTES.resource_metadata',
    schema: resourceMetadataTable,
    keys: RESOURCE_METADATA_KEYS,
    file: 'resource-metadata.ts',
  },
  { name: 'ROUTES.rate_limit', schema: rateLimitTable, keys: RATE_LIMIT_KEYS, file: 'rate-limit.ts' },
  { name: 'GATEWAY', schema: gatewayTable, keys: GATEWAY_KEYS, file: 'gateway.ts' },
  { name: 'GATEWAY.token_cache', schema: tokenCacheTable, keys: TOKEN_CACHE_KEYS, file: 'gateway.ts' },
  { name: 'GATEWAY.signed_identity', schema: signingTable, keys: SIGNING_KEYS, file: 'origin.ts' },
  { name: 'GATEWAY.events', schema: eventsTable, keys: EVENTS_KEYS, file: 'gateway.ts' },
  {
    name: 'GATEWAY.failed_authentication_limit',
    schema: failedAuthenticationLimitTable,
    keys: FAILED_AUTHENTICATION_LIMIT_KEYS,
    file: 'rate-limit.ts',
  },
  { name: 'GATEWAY.explain', schema: explainTable, keys: EXPLAIN_KEYS, file: 'gateway.ts' },
  { name: 'GATEWAY.server_timing', schema: serverTimingTable, keys: SERVER_TIMING_KEYS, file: 'gateway.ts' },
  { name: 'GATEWAY.canary', schema: canaryTable, keys: CANARY_KEYS, file: 'gateway.ts' },
  { name: 'GATEWAY.status', schema: statusTable, keys: STATUS_KEYS, file: 'gateway.ts' },
];
