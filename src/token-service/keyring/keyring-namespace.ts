import type { KeyringObject } from './keyring-object.ts';

/** All keys live in one object: that is what makes a rotation one moment. */
export const KEYRING_NAME = 'keyring';
export type KeyringNamespace = DurableObjectNamespace<KeyringObject>;
