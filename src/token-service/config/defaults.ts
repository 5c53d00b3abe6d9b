import type { Bounds } from '../../config/defaults.ts';

/** Numbers that stand in for a key left out, and bounds on one that is given, each with its reason. Milliseconds. */

const SECOND = 1_000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export const SERVICE_DEFAULTS = {
  algorithm: 'ES256',
  /** The longest the gateway takes a key set for fresh (`max_fresh`). */
  jwksFreshness: HOUR,
  keyRotation: 30 * DAY,
  /** Short enough to be harmless where nobody asks the deny-list. */
  accessTokenLifetime: 15 * MINUTE,
  /** Twice the gateway's own `clock_tolerance`. */
  clockTolerance: MINUTE,
  /** Browsers stop at 4096 bytes for a cookie with its name and attributes (RFC 6265bis §5.6). */
  maxAccessTokenBytes: 3_800,
  /** Longer than any retry of one click, shorter than a thief's patience. */
  reuseInterval: 10 * SECOND,
  absoluteLifetime: 30 * DAY,
  idleLifetime: 7 * DAY,
  /** RFC 6749 §4.1.2 recommends ten minutes at most; a browser needs seconds. */
  codeLifetime: MINUTE,
  /** For a password, a second factor, and a telephone that rings meanwhile. */
  loginLifetime: 10 * MINUTE,
  sessionClientId: 'session',
  adminReadScope: 'token_service:read',
  adminWriteScope: 'token_service:write',
  upstreamScope: ['openid'],
  /** What identity providers put into a login that no resource server should be shown. */
  forbiddenClaims: [
    'password',
    'at_hash',
    'c_hash',
    's_hash',
    'nonce',
    'access_token',
    'refresh_token',
    'id_token',
  ],
} as const;

export const SERVICE_BOUNDS = {
  jwksFreshness: { min: MINUTE, max: DAY },
  keyRotation: { min: DAY, max: 366 * DAY },
  accessTokenLifetime: { min: 5 * MINUTE, max: HOUR },
  clockTolerance: { min: 0, max: 5 * MINUTE },
  maxAccessTokenBytes: { min: 1_024, max: 16_384 },
  reuseInterval: { min: 0, max: MINUTE },
  absoluteLifetime: { min: HOUR, max: 366 * DAY },
  idleLifetime: { min: 15 * MINUTE, max: 366 * DAY },
  codeLifetime: { min: 10 * SECOND, max: 10 * MINUTE },
  loginLifetime: { min: MINUTE, max: HOUR },
  /** With its name, and a little room, a cookie of a session. */
  sessionTokenBytes: { min: 1_024, max: 4_000 },
} as const satisfies Record<string, Bounds>;

/** RFC 7519 §4.1, RFC 9068 §2.2: what the service itself says in a token; no login sets it. */
export const OWN_CLAIMS: readonly string[] = [
  'iss',
  'sub',
  'aud',
  'client_id',
  'iat',
  'nbf',
  'exp',
  'jti',
  'scope',
  'sid',
  'auth_time',
  'acr',
  'amr',
  'act',
  'cnf',
];
