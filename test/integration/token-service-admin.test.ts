import { randomUUID } from 'node:crypto';
import { decodeJwt, decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { run } from '../../src/cli/run.ts';
import { AUDIENCE } from '../fixtures/issuer.ts';
import { rawRequest, requestBytes } from '../fixtures/raw-http.ts';
import { recordingTerminal } from '../fixtures/terminal.ts';
import { MACHINE } from '../fixtures/token-service.ts';
import {
  type Login,
  MAX_STALENESS_MS,
  type Mode,
  startTokenStack,
  type TokenStack,
} from '../fixtures/token-stack.ts';

let stack: TokenStack;
beforeAll(async () => {
  stack = await startTokenStack({});
});
afterAll(() => stack?.stop());

interface Asked {
  readonly token?: string;
  readonly body?: unknown;
  readonly method?: string;
}

async function ask(path: string, { token, body, method }: Asked = {}) {
  const response = await fetch(`${stack.service.url}${path}`, {
    method: method ?? (body === undefined ? 'GET' : 'POST'),
    headers: {
      authorization: `Bearer ${token ?? (await stack.adminToken())}`,
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
  });
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: text === '' ? {} : JSON.parse(text) };
}

/** A deny-list that is too slow on a busy machine: nothing has happened, and the same is asked again. */
async function insist(path: string, asked: Asked = {}): ReturnType<typeof ask> {
  const answer = await ask(path, asked);
  return answer.status === 503 || answer.status === 202 ? await insist(path, asked) : answer;
}

/** As a person's shell has it. */
async function portcullis(...args: readonly string[]) {
  const { said, terminal } = recordingTerminal({
    environment: {
      PORTCULLIS_TOKEN_SERVICE_URL: stack.service.url,
      PORTCULLIS_TOKEN: await stack.adminToken(),
    },
    now: () => Date.now() / 1000,
  });
  const code = await run(args, terminal);
  return { code, out: said.out, err: said.err };
}

const kidOf = ({ access_token: token }: Login) => String(decodeProtectedHeader(token).kid);
const MODES: readonly Mode[] = ['strict', 'cached', 'replicated'];
const pause = (ms: number) => new Promise((resolve) => setTimeout(resolve, ms));

/** Has every route know the token as good. */
async function warm(token: string) {
  for (const mode of MODES) expect(await stack.at(mode, token), mode).toBe(200);
}

/** Refused at once where each request asks, and within the bound elsewhere. */
async function ends(token: string, since: number) {
  expect(await stack.at('strict', token)).toBe(401);
  await pause(Math.max(0, since + MAX_STALENESS_MS - Date.now()) + 1);
  for (const mode of MODES) expect(await stack.at(mode, token), mode).toBe(401);
}

describe('who may administer the token service', () => {
  it.each<[string, Record<string, unknown>, number]>([
    ['nobody without the scope', { scope: 'orders:read' }, 403],
    ['nobody with a token for the gateway', { aud: AUDIENCE }, 401],
    ['nobody with an expired token', { exp: 1_000 }, 401],
  ])('%s', async (_what, claims, status) => {
    const token = await stack.adminToken(claims);
    expect((await ask('/v1/keys', { token })).status).toBe(status);
    expect((await ask('/v1/grants/end', { token, body: { sub: 'x' } })).status).toBe(status);
    expect((await ask('/v1/grants/lookup', { token, body: { sub: 'x' } })).status).toBe(status);
  });

  it('nobody with a token of this service, nor without one', async () => {
    const { access_token: token } = await stack.login();
    expect((await ask('/v1/keys', { token })).status).toBe(401);
    expect((await fetch(`${stack.service.url}/v1/keys`)).status).toBe(401);
  });

  it('whoever may read alone may look, and change nothing', async () => {
    const token = await stack.adminToken({ scope: 'token_service:read' });
    const before = await insist('/v1/keys', { token });
    expect(before.status).toBe(200);
    const kid = before.body.keys[0].kid;
    expect((await ask('/v1/keys/withdraw', { token, body: { kid } })).status).toBe(403);
    expect((await ask('/v1/keys/rotate', { token, method: 'POST' })).status).toBe(403);
    expect((await ask('/v1/grants/end', { token, body: { sub: 'x' } })).status).toBe(403);
    expect((await insist('/v1/keys', { token })).body).toEqual(before.body);
  });

  it('nobody with an admin token that has been revoked', async () => {
    const claims = { jti: randomUUID() };
    const token = await stack.adminToken(claims);
    expect((await insist('/v1/keys', { token })).status).toBe(200);
    const now = Math.floor(Date.now() / 1000);
    const predicate = { kind: 'jti', issuer: String(decodeJwt(token).iss), value: claims.jti } as const;
    await stack.deployment.store.revoke([
      { predicate, expiresAt: now + 600, revokedAt: now, revokedBy: 't', intake: 't', reason: '' },
    ]);
    expect((await insist('/v1/keys', { token })).status).toBe(401);
  });
});

describe('bad input', () => {
  it.each<[string, string, unknown, number]>([
    ['no member', '/v1/keys/withdraw', {}, 400],
    ['an unknown member', '/v1/keys/withdraw', { kid: 'k', force: true }, 400],
    ['a kid that is no text', '/v1/keys/withdraw', { kid: 7 }, 400],
    ['an empty kid', '/v1/keys/withdraw', { kid: '' }, 400],
    ['a reason that is no text', '/v1/keys/withdraw', { kid: 'k', reason: 7 }, 400],
    ['half a character', '/v1/keys/withdraw', '{"kid":"\\ud800"}', 400],
    ['a member twice', '/v1/keys/withdraw', '{"kid":"a","kid":"b"}', 400],
    ['no JSON', '/v1/keys/withdraw', 'kid=a', 400],
    ['an oversize text', '/v1/keys/withdraw', { kid: 'k'.repeat(1_025) }, 400],
    ['an oversize body', '/v1/keys/withdraw', { kid: 'k'.repeat(70_000) }, 413],
    ['a key that is not there', '/v1/keys/withdraw', { kid: 'nobody' }, 404],
    ['a member of every object', '/v1/keys/withdraw', { kid: '__proto__' }, 404],
    ['a body where none is known', '/v1/keys/rotate', { now: true }, 400],
    ['two targets', '/v1/grants/end', { sid: 'a', sub: 'b' }, 400],
    ['a sid of nobody', '/v1/grants/end', { sid: 'abc' }, 400],
    ['a sid in another spelling', '/v1/grants/end', { sid: `${'A'.repeat(21)}B` }, 400],
    ['a query', '/v1/keys/withdraw?kid=a', { kid: 'a' }, 400],
  ])('refuses %s', async (_what, path, body, status) => {
    const answer = await insist(path, { body });
    expect(answer.status).toBe(status);
    expect(answer.headers.get('content-type')).toBe('application/problem+json');
  });

  it('refuses a form, and two Authorization lines, over a raw socket', async () => {
    const token = await stack.adminToken();
    const lines = (more: readonly (readonly [string, string])[]) =>
      requestBytes(
        'POST',
        '/v1/keys/withdraw',
        [['Host', 'x'], ['Content-Type', 'application/json'], ['Content-Length', '11'], ...more],
        '{"kid":"k"}',
      );
    const twice = [
      ['Authorization', `Bearer ${token}`],
      ['Authorization', `Bearer ${token}`],
    ] as const;
    expect((await rawRequest(stack.service.port, lines(twice))).status).toBe(400);
    const response = await fetch(`${stack.service.url}/v1/keys/withdraw`, {
      method: 'POST',
      headers: { authorization: `Bearer ${token}` },
      body: new URLSearchParams({ kid: 'k' }),
    });
    expect([415, 503]).toContain(response.status);
  });
});

describe('the keys', () => {
  it('are listed with their stages, and no private member', async () => {
    const { status, body } = await insist('/v1/keys');
    expect(status).toBe(200);
    expect(body.keys.map(({ stage }: { stage: string }) => stage)).toEqual(
      expect.arrayContaining(['current', 'next']),
    );
    for (const key of body.keys) {
      expect(Object.keys(key).sort()).toEqual(['algorithm', 'kid', 'published_at', 'retired_at', 'stage']);
    }
  });

  it('rotate on command as soon as the next one has been published for long enough', async () => {
    const { body } = await insist('/v1/keys/rotate', { method: 'POST' });
    const next = body.keys.find(({ stage }: { stage: string }) => stage === 'next');
    expect(body.changes_at).toBe(next.published_at + 3_600);
  });

  it('a withdrawn one signs nothing more, and gateways refuse what it has signed, within their bound', async () => {
    const before = await stack.login();
    await warm(before.access_token);
    const kid = kidOf(before);
    const { status, body } = await insist('/v1/keys/withdraw', { body: { kid, reason: 'leaked\nbadly' } });
    expect(status, JSON.stringify(body)).toBe(200);
    expect(body).toMatchObject({ kid, denied: true });
    await ends(before.access_token, Date.now());
    const jwks = await (await fetch(`${stack.service.url}/.well-known/jwks.json`)).text();
    expect(jwks).not.toContain(kid);
    // The login goes on: its next access token is signed by another key, which gateways take at once.
    const after = await stack.refresh(before.refresh_token);
    expect(after.status).toBe(200);
    expect(kidOf(after.body as unknown as Login)).not.toBe(kid);
    expect(await stack.at('strict', String(after.body.access_token))).toBe(200);
    const seen = await stack.service.post('/introspect', { token: before.access_token }, MACHINE);
    expect(seen.body).toEqual({ active: false });
    // Again is the same.
    expect((await insist('/v1/keys/withdraw', { body: { kid } })).status).toBe(200);
    expect(
      await stack.service.logged((line) => line.event === 'admin_request' && line.reason === 'leaked badly'),
    ).toMatchObject({ by: 'admin:ops:ann', target: `kid ${kid}`, endpoint: 'POST /v1/keys/withdraw' });
  });
});

describe('the end of logins by an admin', () => {
  it('of one, by its sid: no refresh any more, and gateways refuse its access token within their bound', async () => {
    const ended = await stack.login();
    const other = await stack.login(String(decodeJwt(ended.access_token).sub));
    await warm(ended.access_token);
    const { status } = await insist('/v1/grants/end', { body: { sid: decodeJwt(ended.access_token).sid } });
    expect(status).toBe(200);
    await ends(ended.access_token, Date.now());
    expect((await stack.refresh(ended.refresh_token)).status).toBe(400);
    expect((await stack.refresh(other.refresh_token)).status).toBe(200);
  });

  it('begins with finding them: those of a subject, for whoever may read, and none of another', async () => {
    const subject = `found-${randomUUID()}`;
    const logins = [await stack.login(subject), await stack.login(subject)];
    const token = await stack.adminToken({ scope: 'token_service:read' });
    const { status, body } = await insist('/v1/grants/lookup', { token, body: { sub: subject } });
    expect(status).toBe(200);
    const sids = logins.map(({ access_token: text }) => decodeJwt(text).sid);
    expect(body.grants.map(({ sid }: { sid: string }) => sid).toSorted()).toEqual(sids.toSorted());
    expect(body.grants[0]).toEqual({
      sid: expect.any(String),
      expires_at: expect.any(Number),
      upstream: null,
      logged_in_at: null,
    });
    expect((await insist('/v1/grants/lookup', { token, body: { sub: 'nobody' } })).body.grants).toEqual([]);
    const line = await stack.service.logged(
      ({ event, endpoint }) => event === 'admin_request' && endpoint === 'POST /v1/grants/lookup',
    );
    expect(JSON.stringify(line)).not.toContain(subject);
  });

  it('of a subject: all of them, and what comes later is another login', async () => {
    const subject = `dora-${randomUUID()}`;
    const logins = [await stack.login(subject), await stack.login(subject), await stack.login(subject)];
    const stranger = await stack.login();
    for (const { access_token: token } of logins) await warm(token);
    expect((await insist('/v1/grants/end', { body: { sub: subject, reason: 'left' } })).status).toBe(200);
    const since = Date.now();
    for (const { access_token: token, refresh_token: refresh } of logins) {
      await ends(token, since);
      expect((await stack.refresh(refresh)).status).toBe(400);
    }
    expect(await stack.at('strict', stranger.access_token)).toBe(200);
    expect((await stack.refresh(stranger.refresh_token)).status).toBe(200);
    await pause(1_001);
    expect(await stack.at('strict', (await stack.login(subject)).access_token)).toBe(200);
    expect(stack.service.output()).not.toContain(subject);
    expect(
      await stack.service.logged((line) => line.event === 'admin_request' && line.reason === 'left'),
    ).toMatchObject({ by: 'admin:ops:ann', target: expect.stringMatching(/^sub [\w-]{22}$/) });
  });

  it('by a watermark that anybody else writes, such as portcullis revoke --sub: the next refresh ends it', async () => {
    const subject = `erin-${randomUUID()}`;
    const login = await stack.login(subject);
    const now = Math.floor(Date.now() / 1000) + 1;
    const issuer = stack.service.url;
    await stack.deployment.store.revoke([
      {
        predicate: { kind: 'sub', issuer, value: subject, issuedBefore: now },
        expiresAt: now + 3_600,
        revokedAt: now,
        revokedBy: 'admin:demo:ann',
        intake: 'admin',
        reason: '',
      },
    ]);
    expect(await stack.at('strict', login.access_token)).toBe(401);
    expect((await stack.refresh(login.refresh_token)).status).toBe(400);
  });
});

describe('the command line', () => {
  it('lists the keys, withdraws one and ends logins', async () => {
    const login = await stack.login();
    const listed = await portcullis('keys');
    expect(listed).toMatchObject({ code: 0, err: '' });
    expect(listed.out).toMatch(new RegExp(`^current   ${kidOf(login)}  ES256  published .* ago\\)$`, 'm'));
    expect(listed.out).toMatch(/^changes next .*\(in /m);
    const withdrawn = await portcullis('keys', 'withdraw', kidOf(login), '--reason', 'leaked');
    expect([0, 3]).toContain(withdrawn.code);
    expect(withdrawn.out).toContain(`Withdrawn: ${kidOf(login)} signs nothing from now on.`);
    const again = await stack.refresh(login.refresh_token);
    const ended = await portcullis('grants', 'end', `--sid=${decodeJwt(login.access_token).sid}`);
    expect([0, 3]).toContain(ended.code);
    expect((await stack.refresh(String(again.body.refresh_token))).status).toBe(400);
    const rotated = await portcullis('keys', 'rotate', '--json');
    expect(JSON.parse(rotated.out)).toMatchObject({ keys: expect.any(Array) });
  });

  it.each<[readonly string[], number, string]>([
    [['keys', 'withdraw'], 2, 'Which key?'],
    [['keys', 'melt'], 2, 'Expected list, rotate or withdraw KID, found "melt".'],
    [['keys', 'list', 'k'], 2, 'list takes no KID'],
    [['keys', 'rotate', '--reason', 'x'], 2, 'rotate takes no KID and no --reason'],
    [['keys', 'withdraw', 'a', 'b'], 2, 'Expected'],
    [['keys', 'withdraw', 'nobody'], 1, 'The keyring has no such key.'],
    [['keys', 'withdraw', `-${'x'.repeat(42)}`, '--reason', 'leaked'], 1, 'The keyring has no such key.'],
    [['keys', 'withdraw', `--${'x'.repeat(41)}`], 1, 'The keyring has no such key.'],
    [['keys', 'withdraw', '--reson', 'x'], 2, '--reason'],
    [['grants'], 2, 'Expected end, found nothing.'],
    [['grants', 'end'], 2, 'Give --sid or --sub'],
    [['grants', 'end', '--sid', 'a', '--sub', 'b'], 2, 'Give --sid or --sub'],
    [['grants', 'end', '--sid', 'a'], 1, 'sid is not one of this service.'],
  ])('%j: %i', async (args, code, said) => {
    const ran = await portcullis(...args);
    expect(ran.err).toContain(said);
    expect(ran.code).toBe(code);
  });
});
