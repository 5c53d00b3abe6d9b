/** The Worker around the unit tests: it exists to define the Durable Object classes they reach by their bindings. */
export { IdentityKeysObject } from '../../src/gateway/identity-keys-object.ts';
export { MetricsObject } from '../../src/metrics/metrics-object.ts';
export { RevocationObject } from '../../src/revocation-store/durable/object.ts';
export { GrantIndexObject } from '../../src/token-service/grants/grant-index-object.ts';
export { GrantObject } from '../../src/token-service/grants/grant-object.ts';
export { KeyringObject } from '../../src/token-service/keyring/keyring-object.ts';

export default { fetch: () => new Response(null, { status: 404 }) };
