import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startControl } from '../fixtures/control.ts';
import { type Deployment, startDeployment } from '../fixtures/deployment.ts';
import { type ScriptedServer, startScriptedServer } from '../fixtures/http-faults.ts';
import { type SessionProvider, startSessionProvider } from '../fixtures/openid-session.ts';
import { startOrigin } from '../fixtures/origin.ts';
import type { Gateway } from '../fixtures/workerd.ts';

const RESOURCE = 'https://api.test';

/** Both Workers on workerd over a real Redis, and the real OpenID provider as sender of logout tokens. */
describe('OpenID Connect Back-Channel Logout from oidc-provider', () => {
  let deployment: Deployment;
  let control: Gateway;
  let bySession: SessionProvider;
  let bySubject: SessionProvider;
  let door: ScriptedServer;

  beforeAll(async () => {
    const origin = await startOrigin();
    // The providers are told where to send before the control Worker that trusts them has a port.
    door = await startScriptedServer((_request, response) => response.writeHead(503).end());
    const options = { backchannelLogoutUri: `${door.url}/logout/backchannel`, resource: RESOURCE };
    bySession = await startSessionProvider({ ...options, sessionRequired: true });
    bySubject = await startSessionProvider({ ...options, sessionRequired: false });
    const issuer = (provider: SessionProvider) => ({
      issuer: provider.url,
      audience: [RESOURCE],
      algorithms: ['RS256'],
    });
    const ISSUERS = { session: issuer(bySession), subject: issuer(bySubject) };
    const route = { path: '/orders/*', origin: origin.url, scope: ['orders:read'] };
    deployment = await startDeployment({ ISSUERS, ROUTES: { orders: route } }, { origin });
    control = await startControl({
      vars: {
        ISSUERS,
        CONTROL: {
          logout: {
            session: { issuer: 'session', client_ids: ['web'], type_required: true },
            subject: { issuer: 'subject', client_ids: ['web'], type_required: true },
          },
        },
      },
      secrets: deployment.writer,
    });
    forward();
  });

  afterAll(async () => {
    await Promise.all([bySession.stop(), bySubject.stop(), door.stop(), control.stop()]);
    await deployment.stop();
  });

  /** The logout token as it last came by. */
  let sent = '';

  const forward = () =>
    door.respondWith((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', async () => {
        sent = Buffer.concat(chunks).toString();
        const answer = await fetch(`${control.url}${request.url}`, {
          method: 'POST',
          headers: { 'content-type': request.headers['content-type'] ?? '' },
          body: sent,
        });
        response.writeHead(answer.status, Object.fromEntries(answer.headers)).end(await answer.text());
      });
    });

  const statusOf = async (accessToken: string) =>
    (
      await fetch(`${deployment.gateway.url}/orders/1`, {
        headers: { authorization: `Bearer ${accessToken}` },
      })
    ).status;

  it('ends the bearer tokens of the session that logged out, and of no other', async () => {
    const leaving = await bySession.logIn('alice');
    const staying = await bySession.logIn('alice');
    expect([await statusOf(leaving.accessToken), await statusOf(staying.accessToken)]).toEqual([200, 200]);
    await leaving.logOut();
    expect(bySession.backchannel).toEqual(['success']);
    expect([await statusOf(leaving.accessToken), await statusOf(staying.accessToken)]).toEqual([401, 200]);
    expect(await control.logged(({ outcome }) => outcome === 'stored')).toMatchObject({
      event: 'revocation_request',
      by: 'logout:session',
      status: 204,
      count: 1,
    });
  });

  it('ends every token of the subject where the logout token names no session', async () => {
    const sessions = [await bySubject.logIn('bob'), await bySubject.logIn('bob')];
    const other = await bySubject.logIn('carol');
    await sessions[0]?.logOut();
    expect(bySubject.backchannel).toEqual(['success']);
    const statuses = await Promise.all([...sessions, other].map(({ accessToken }) => statusOf(accessToken)));
    expect(statuses).toEqual([401, 401, 200]);
  });

  it('says no when it cannot store, and counts the same logout token when it is sent again', async () => {
    const session = await bySession.logIn('erin');
    deployment.pauseRedis();
    await session.logOut().finally(deployment.resumeRedis);
    expect(bySession.backchannel.at(-1)).toMatch(/expected 200 OK from .*, got: 503/);
    expect(await control.logged(({ outcome }) => outcome === 'unavailable')).toMatchObject({ status: 503 });
    const again = () =>
      fetch(`${control.url}/logout/backchannel`, { method: 'POST', body: new URLSearchParams(sent) });
    expect((await again()).status).toBe(204);
    expect(await statusOf(session.accessToken)).toBe(401);
    expect((await again()).status).toBe(204);
    expect(await control.logged(({ outcome }) => outcome === 'replayed')).toMatchObject({
      by: 'logout:session',
    });
  });

  it('does not take an ID token of the provider for a logout token', async () => {
    const session = await bySession.logIn('dave');
    const response = await fetch(`${control.url}/logout/backchannel`, {
      method: 'POST',
      body: new URLSearchParams({ logout_token: session.idToken }),
    });
    expect(response.status).toBe(400);
    expect(await statusOf(session.accessToken)).toBe(200);
  });

  it('leaves no token and no identifier in its log', () => {
    expect(control.output()).not.toMatch(/eyJ/);
    expect(control.output()).not.toContain('alice');
  });
});
