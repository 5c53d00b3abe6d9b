/** What issuers' keys and the deny-list make any Worker that verifies tell. */
const KEYS_AND_STORE = [
  'jwks_refreshed',
  'jwks_refresh_failed',
  'jwks_served_stale',
  'jwks_expired',
  'jwks_store_failed',
  'key_added',
  'key_removed',
  'key_rejected',
  'revocation_store_lost',
  'revocation_store_set_back',
  'revocation_store_replaced',
  'revocation_store_recovered',
  'revocation_kept_too_short',
];

/** Every event but `request` that the gateway tells; a test holds the list complete. Others count as `other`. */
export const EVENT_NAMES: ReadonlySet<string> = new Set([
  'config_invalid',
  'config_warning',
  ...KEYS_AND_STORE,
  'revocation_accepted_on_doubt',
  'revocation_replica_built',
  'revocation_replica_failed',
  'revocation_replica_gap',
  'revocation_replica_refresh_failed',
  'rate_limit_failed',
  'address_held_off',
  'candidate_differs',
  'candidate_failed',
  'identity_key_refresh_failed',
  'connection_ended',
  'events_left_out',
]);

/** Every event that the token service tells; a test holds the list complete. */
export const SERVICE_EVENT_NAMES: ReadonlySet<string> = new Set([
  'access_token_too_large',
  'address_held_off',
  'admin_request',
  'client_authentication_failed',
  'code_reuse_detected',
  'endpoint_failed',
  'grant_end_pending',
  'login_failed',
  'rate_limit_failed',
  'refresh_reuse_detected',
  'signing_key_denial_pending',
  'signing_key_withdrawn',
  'upstream_logout',
  'upstream_unavailable',
  ...KEYS_AND_STORE,
]);
