import { describe, expect, it } from 'vitest';
import { ok } from '../../../src/core/result.ts';
import { createServiceApp } from '../../../src/token-service/app.ts';
import { compileService } from '../../../src/token-service/config/compile.ts';
import {
  createTransactionSealer,
  type LoginPurpose,
  newLoginSecrets,
} from '../../../src/token-service/login/transaction.ts';
import { transactionCookieName } from '../../../src/token-service/login/transaction-cookie.ts';
import type { ServicePorts } from '../../../src/token-service/ports.ts';
import { tokenServiceVariables } from './variables.ts';

const NOW = 1_795_000_000;
const AT_CLIENT: LoginPurpose = {
  kind: 'authorize',
  clientId: 'page',
  redirectUri: 'https://page.test/callback',
  state: 'client-state',
  scope: ['orders:read'],
  resource: 'orders',
  challenge: 'c'.repeat(43),
};
const AT_SESSION: LoginPurpose = { kind: 'session', returnTo: '/', replaces: null };

/** The two callbacks, to which a browser comes back with a login that began as `purpose`. */
async function comesBack(purpose: LoginPurpose, to: 'authorize' | 'session', from = 'corp') {
  const tables = tokenServiceVariables();
  const compiled = compileService({
    REVOCATIONS: {},
    ...tables,
    TOKEN_SERVICE: { ...tables.TOKEN_SERVICE, session: { resource: 'orders' } },
    UPSTREAMS: { ...tables.UPSTREAMS, other: { issuer: 'https://other.test', client_id: 'portcullis' } },
  });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.error));
  const redeemed: string[] = [];
  const begun: unknown[] = [];
  const transactions = createTransactionSealer([{ name: 'a', secret: 's'.repeat(32) }]);
  const ports = {
    policy: compiled.value.policy,
    clock: () => NOW,
    emit: () => undefined,
    withinRate: async () => true,
    transactions,
    login: {
      complete: async (upstream: { name: string }) => {
        redeemed.push(upstream.name);
        return ok({ sub: 'alice', sid: null, issuedAt: NOW, acr: null, amr: null, claims: {} });
      },
    },
    grants: {
      getByName: () => ({
        begin: async (...facts: unknown[]) => {
          begun.push(facts);
          return 'the-code';
        },
        open: async (...facts: unknown[]) => {
          begun.push(facts);
          return { granted: false, error: 'invalid_grant' };
        },
      }),
    },
  };
  const secrets = newLoginSecrets();
  const sealed = await transactions.seal({
    upstream: from,
    secrets,
    maxAge: null,
    purpose,
    expiresAt: NOW + 60,
  });
  const app = createServiceApp(ports as unknown as ServicePorts);
  const answer = await app.fetch(
    new Request(`https://tokens.test/${to}/callback/corp?code=x&state=${secrets.state}`, {
      headers: { cookie: `${transactionCookieName(secrets.state)}=${sealed}` },
    }),
    {},
    { waitUntil: () => undefined, passThroughOnException: () => undefined, props: {} } as never,
  );
  return { status: answer.status, location: answer.headers.get('location'), redeemed, begun: begun.length };
}

const NOTHING = { status: 400, location: null, redeemed: [], begun: 0 };

describe('a browser that comes back from its provider', () => {
  it('brings the client its code', async () => {
    const seen = await comesBack(AT_CLIENT, 'authorize');
    expect(seen).toMatchObject({ status: 303, redeemed: ['corp'], begun: 1 });
    expect(seen.location).toMatch(/^https:\/\/page\.test\/callback\?/);
  });

  it('opens a session with a login that began as one', async () => {
    expect(await comesBack(AT_SESSION, 'session')).toMatchObject({ redeemed: ['corp'], begun: 1 });
  });

  it('opens no session with a login that an application began, whose page may be anybody', async () => {
    expect(await comesBack(AT_CLIENT, 'session')).toEqual(NOTHING);
  });

  it('gives no application a code for a login that began as a session', async () => {
    expect(await comesBack(AT_SESSION, 'authorize')).toEqual(NOTHING);
  });

  it('ends no login that is under way at another provider', async () => {
    expect(await comesBack(AT_CLIENT, 'authorize', 'other')).toEqual(NOTHING);
  });

  it('is not sent on to an address that has been taken off the list meanwhile (RFC 6749 §3.1.2.4)', async () => {
    const purpose = { ...AT_CLIENT, redirectUri: 'https://page.test/old' };
    expect(await comesBack(purpose, 'authorize')).toEqual(NOTHING);
  });

  it('gives no code to a client that has been taken off the list meanwhile', async () => {
    expect(await comesBack({ ...AT_CLIENT, clientId: 'gone' }, 'authorize')).toEqual(NOTHING);
  });
});
