import { RevocationObject as Revocations } from '../../src/revocation-store/durable/object.ts';
import { GrantIndexObject as Index } from '../../src/token-service/grants/grant-index-object.ts';
import { GrantObject as Grant } from '../../src/token-service/grants/grant-object.ts';
import { KeyringObject as Keyring } from '../../src/token-service/keyring/keyring-object.ts';
import { withFaultyStorage } from './faulty-storage.ts';

/** The Worker around the unit tests: it exists to define the Durable Object classes they reach by their bindings. */
export { AlarmsObject } from '../../src/control/alarms/alarms-object.ts';
export { IdentityKeysObject } from '../../src/gateway/identity-keys-object.ts';
export { MetricsObject } from '../../src/metrics/metrics-object.ts';

/** As they are, on storage that fails when a test says so. */
export class GrantIndexObject extends Index {
  constructor(...[state, env]: ConstructorParameters<typeof Index>) {
    super(withFaultyStorage(state), env);
  }
}
export class GrantObject extends Grant {
  constructor(...[state, env]: ConstructorParameters<typeof Grant>) {
    super(withFaultyStorage(state), env);
  }
}
export class KeyringObject extends Keyring {
  constructor(...[state, env]: ConstructorParameters<typeof Keyring>) {
    super(withFaultyStorage(state), env);
  }
}

export class RevocationObject extends Revocations {
  constructor(...[state, env]: ConstructorParameters<typeof Revocations>) {
    super(withFaultyStorage(state), env);
  }
}

export default { fetch: () => new Response(null, { status: 404 }) };
