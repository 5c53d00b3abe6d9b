import { OWN_PATH } from './own-paths.ts';

/** Whose tokens measure how soon a revocation bites: signed by control, taken by the gateway at `CANARY_PATH` alone. */
export const CANARY = {
  /** What events and metrics call it, as issuer and as route. */
  name: 'portcullis-canary',
  issuer: 'https://canary.portcullis.invalid',
  audience: 'portcullis-canary',
  algorithm: 'HS256',
} as const;

/** Below it, an endpoint for each mode of revocation that some route has. */
export const CANARY_PATH = `${OWN_PATH}/canary`;

/** `off` enforces nothing. */
export const CANARY_MODES = ['strict', 'cached', 'replicated'] as const;
export type CanaryMode = (typeof CANARY_MODES)[number];
