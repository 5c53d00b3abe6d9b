import { createControlApp } from '../../../src/control/app.ts';
import { compileControl } from '../../../src/control/config.ts';
import type { ControlPorts } from '../../../src/control/ports.ts';
import type { OperationalEvent } from '../../../src/core/event.ts';
import { revocationKey } from '../../../src/core/key-names.ts';
import { err, ok } from '../../../src/core/result.ts';
import { createDecryptionKeys } from '../../../src/keys/decryption-keys.ts';
import { createKeySource } from '../../../src/keys/key-source.ts';
import type { FetchDocument } from '../../../src/keys/port.ts';
import { certainReader } from '../../../src/revocation/certain-reader.ts';
import { createRevocation } from '../../../src/revocation/check.ts';
import { EpochWatch } from '../../../src/revocation/epoch-watch.ts';
import type { RevocationReader } from '../../../src/revocation/port.ts';
import { targetDigests } from '../../../src/telemetry/target-digest.ts';
import { type MemoryStore, memoryStore } from '../../fixtures/memory-store.ts';
import { newSigningKey, type SigningKey, sign } from '../../fixtures/tokens.ts';

export const NOW = 1_800_000_000;
export const CONTROL = 'https://control.example';
export const ACME = 'https://id.acme.example';
export const OTHER = 'https://id.other.example';
export const SECRET = 'a-secret-of-more-than-32-characters';

export const keys = {
  acme: await newSigningKey('ES256', 'acme-1'),
  other: await newSigningKey('ES256', 'other-1'),
  stranger: await newSigningKey('ES256', 'acme-1'),
};

const issuer = (iss: string, key: SigningKey) => ({
  issuer: iss,
  audience: ['https://api.example'],
  algorithms: ['ES256'],
  jwks: { keys: [key.jwk] },
  max_token_lifetime: '1h',
  tenant_claim: '/org/tenant_id',
});

export const VARIABLES = {
  ISSUERS: { acme: issuer(ACME, keys.acme), other: issuer(OTHER, keys.other) },
  CONTROL: {
    admins: { ops: { issuer: 'acme', audience: [CONTROL] } },
    clients: { web: { client_id: 'web', client_secret: 'WEB_SECRET', issuers: ['acme'] } },
    logout: { web: { issuer: 'acme', client_ids: ['web', 'spa'] } },
    transmitters: { idp: { issuer: 'acme', audience: [`${CONTROL}/ssf/events`] } },
  },
  WEB_SECRET: SECRET,
  SSF_SECRET: SECRET,
  REVOCATIONS: {},
};

export interface ControlApp {
  readonly store: MemoryStore;
  readonly events: OperationalEvent[];
  /** Callers refused by the rate limit. */
  readonly limited: Set<string>;
  /** The last audit line. */
  audit(): OperationalEvent;
  request(path: string, init?: RequestInit): Promise<Response>;
  /** Sends a JSON body with an admin token of both scopes. */
  admin(method: string, path: string, body?: unknown, claims?: object): Promise<Response>;
}

const noNetwork = async () => {
  throw new TypeError('no network in a unit test');
};

/** The whole control Worker but for its entry: real configuration, keys, verification and handlers over a store in memory. */
export function controlApp(
  variables: Record<string, unknown> = VARIABLES,
  now: () => number = () => NOW,
  fetch: FetchDocument = noNetwork,
  more: Pick<ControlPorts, 'metrics' | 'alarms' | 'counts' | 'console' | 'gateway' | 'tokenService'> = {},
): ControlApp {
  const compiled = compileControl(variables);
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.error));
  const { policy } = compiled.value;
  const providers = [...policy.issuers.values()].map((issuer) => issuer.keys);
  const source = createKeySource(providers, {
    fetch,
    clock: now,
    secrets: new Map(),
    jitter: () => 0,
    missingAsOf: 'request',
  });
  const store = memoryStore();
  const events: OperationalEvent[] = [];
  const limited = new Set<string>();
  const emit = (event: OperationalEvent) => void events.push(event);
  const reader: RevocationReader = {
    read: async (names) =>
      store.failing.has('read')
        ? err('timeout')
        : ok({ epoch: store.epoch, values: names.map((name) => markOf(store, name)) }),
  };
  const epochs = new EpochWatch(undefined);
  const app = createControlApp({
    policy,
    keys: source,
    decryption: createDecryptionKeys([...policy.issuers.values()], variables),
    store,
    storeName: 'a store in memory',
    revocation: createRevocation({ reader, epochs, clock: now }),
    reader: certainReader(reader, epochs, now, emit),
    digestOf: targetDigests('an audit secret of this deployment'),
    clock: now,
    emit,
    ...more,
    withinRate: async (key) => !limited.has(key),
  });
  const context = { waitUntil: () => {}, passThroughOnException: () => {}, props: {} };
  const request = async (path: string, init: RequestInit = {}) =>
    app.fetch(new Request(`${CONTROL}${path}`, init), {}, context);
  return {
    store,
    events,
    limited,
    audit: () =>
      events.findLast(({ event }) => event === 'revocation_request') ?? { event: '', level: 'info' },
    request,
    admin: async (method, path, body, claims) =>
      request(path, {
        method,
        headers: {
          Authorization: `Bearer ${await adminToken(claims)}`,
          ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
        },
        ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      }),
  };
}

const markOf = (store: MemoryStore, name: string) => {
  const entry = store
    .entries()
    .find(({ predicate: { kind, issuer: iss, value } }) => revocationKey(kind, iss, value) === name);
  if (entry === undefined) return undefined;
  const { predicate } = entry;
  return {
    issuedBefore: 'issuedBefore' in predicate ? predicate.issuedBefore : 1,
    expiresAt: entry.expiresAt,
  };
};

export const adminToken = (claims: object = {}): Promise<string> =>
  sign(keys.acme, {
    iss: ACME,
    aud: CONTROL,
    sub: 'alice',
    iat: NOW,
    exp: NOW + 300,
    jti: 'admin-1',
    scope: 'revocations:read revocations:write events:read',
    ...claims,
  });

export const accessToken = (claims: object = {}, key = keys.acme, header: object = {}): Promise<string> =>
  sign(
    key,
    {
      iss: ACME,
      aud: 'https://api.example',
      sub: 'user-1',
      client_id: 'web',
      iat: NOW - 10,
      exp: NOW + 300,
      jti: 'token-1',
      ...claims,
    },
    header,
  );

export const form = (fields: Record<string, string> | string): RequestInit => ({
  method: 'POST',
  headers: { 'Content-Type': 'application/x-www-form-urlencoded' },
  body: typeof fields === 'string' ? fields : new URLSearchParams(fields).toString(),
});
