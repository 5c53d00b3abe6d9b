import { createGateway } from './create-gateway.ts';

export { MetricsObject } from '../metrics/metrics-object.ts';
export { RevocationObject } from '../revocation-store/durable/object.ts';
export { IdentityKeysObject } from './identity-keys-object.ts';

/** The Worker whose whole configuration stands in its variables. */
export default createGateway() satisfies ExportedHandler<Record<string, unknown>>;
