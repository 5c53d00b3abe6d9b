import { beforeAll, describe, expect, it } from 'vitest';
import { createKeySource } from '../../../src/keys/key-source.ts';
import { createServiceApp } from '../../../src/token-service/app.ts';
import { compileService } from '../../../src/token-service/config/compile.ts';
import { digestOf } from '../../../src/token-service/digest.ts';
import type { ServicePorts } from '../../../src/token-service/ports.ts';
import { newSigningKey, type SigningKey, sign } from '../../fixtures/tokens.ts';
import { tokenServiceVariables } from './variables.ts';

const ISSUER = 'https://tokens.test';
const LOGIN = 'https://login.test';
const SECRET = 'a-backend-secret-of-32-characters';
const NOW = 1_800_000_000;

let key: SigningKey;
beforeAll(async () => {
  key = await newSigningKey('ES256', 'k');
});

type Grant = 'jwt-bearer' | 'token-exchange';

/** Brings an assertion or a token about a subject while the limit named by `spent` is reached. */
async function assertAbout(grant: Grant, sub: string, spent: string) {
  const tables = tokenServiceVariables();
  const compiled = compileService({
    REVOCATIONS: {},
    ...tables,
    BACKEND_SECRET: SECRET,
    ISSUERS: {
      login: { issuer: LOGIN, audience: ['a'], algorithms: ['ES256'], jwks: { keys: [key.jwk] } },
    },
    CLIENTS: {
      ...tables.CLIENTS,
      backend: {
        client_id: 'backend',
        type: 'client_secret_basic',
        client_secret: 'BACKEND_SECRET',
        grants: ['jwt_bearer', 'token_exchange'],
        scope: ['orders:read'],
        resources: ['orders'],
        assertion_issuers: ['login'],
        subject_token_issuers: ['login'],
      },
    },
  });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.error));
  const { policy } = compiled.value;
  const counted: string[] = [];
  const ports = {
    policy,
    keys: createKeySource(
      [...policy.issuers.values()].map(({ keys }) => keys),
      {
        fetch: () => Promise.reject(new Error('no network here')),
        clock: () => NOW,
        secrets: new Map(),
        jitter: () => 0,
      },
    ),
    denyList: undefined,
    clock: () => NOW,
    emit: () => undefined,
    withinRate: async (name: string) => {
      counted.push(name);
      return name !== spent;
    },
  };
  const claims = {
    iss: LOGIN,
    sub,
    aud: grant === 'jwt-bearer' ? ISSUER : 'a',
    scope: 'orders:read',
    jti: 'j',
    iat: NOW,
    exp: NOW + 60,
  };
  const assertion = await sign(key, claims, {});
  const context = { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} };
  const response = await createServiceApp(ports as unknown as ServicePorts).fetch(
    new Request(`${ISSUER}/token`, {
      method: 'POST',
      headers: { Authorization: `Basic ${btoa(`backend:${SECRET}`)}` },
      body: new URLSearchParams({
        grant_type: `urn:ietf:params:oauth:grant-type:${grant}`,
        ...(grant === 'jwt-bearer'
          ? { assertion }
          : {
              subject_token: assertion,
              subject_token_type: 'urn:ietf:params:oauth:token-type:access_token',
            }),
      }),
    }),
    {},
    context as never,
  );
  return { status: response.status, retryAfter: response.headers.get('Retry-After'), counted };
}

describe.each<Grant>(['jwt-bearer', 'token-exchange'])('by %s, requests about one subject', (grant) => {
  it('are limited, whichever client sends them', async () => {
    const { status, retryAfter } = await assertAbout(grant, 'alice', `subject:${await digestOf('alice')}`);
    expect([status, retryAfter]).toEqual([429, '60']);
  });

  it('are counted by a digest alone, apart from those about another', async () => {
    const { status, counted } = await assertAbout(grant, 'alice', `subject:${await digestOf('bob')}`);
    expect(status).not.toBe(429);
    expect(counted).toContain(`subject:${await digestOf('alice')}`);
    expect(counted.join()).not.toContain('alice');
  });
});
