import { createHmac, createPublicKey } from 'node:crypto';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, type JWK, type JWTPayload, SignJWT } from 'jose';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EXTERNALS, installed } from '../../bench/external.ts';
import type { Server } from '../../bench/processes.ts';
import { AUDIENCE, ISSUER } from '../../bench/tokens.ts';

const KID = 'bench-rs256';
const now = Math.floor(Date.now() / 1000);
const CLAIMS: JWTPayload = {
  iss: ISSUER,
  aud: AUDIENCE,
  sub: 'user-7',
  iat: now,
  exp: now + 600,
  scope: 'orders:read orders:write profile',
  roles: ['editor', 'auditor'],
  org: { tenant_id: 'tenant-3' },
};

const { publicKey, privateKey } = await generateKeyPair('RS256', { extractable: true });
const stranger = await generateKeyPair('RS256');
const jwk: JWK = { ...(await exportJWK(publicKey)), kid: KID, alg: 'RS256', use: 'sig' };

const sign = (claims: object, header: object = {}, key = privateKey): Promise<string> =>
  new SignJWT({ ...CLAIMS, ...claims })
    .setProtectedHeader({ alg: 'RS256', kid: KID, typ: 'at+jwt', ...header })
    .sign(key);
const base64url = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url');

const valid = await sign({});
const [validHeader = '', validPayload = '', validSignature = ''] = valid.split('.');
const otherPayload = base64url({ ...CLAIMS, sub: 'admin' });
const hmacInput = `${base64url({ alg: 'HS256', kid: KID })}.${validPayload}`;
const pem = createPublicKey({ key: { ...jwk }, format: 'jwk' }).export({ type: 'spki', format: 'pem' });

const REFUSED: Readonly<Record<string, string | undefined>> = {
  'no token': undefined,
  'an empty credential': 'Bearer ',
  garbage: 'Bearer garbage',
  'the Basic scheme': `Basic ${valid}`,
  'a changed payload': `Bearer ${validHeader}.${otherPayload}.${validSignature}`,
  'a signature cut off': `Bearer ${validHeader}.${validPayload}.`,
  'the key of a stranger': `Bearer ${await sign({}, {}, stranger.privateKey)}`,
  'alg none': `Bearer ${base64url({ alg: 'none', kid: KID })}.${validPayload}.`,
  'HS256 keyed with the public key': `Bearer ${hmacInput}.${createHmac('sha256', pem).update(hmacInput).digest('base64url')}`,
  'an expired token': `Bearer ${await sign({ exp: now - 600 })}`,
  'no exp': `Bearer ${await sign({ exp: undefined })}`,
  'another issuer': `Bearer ${await sign({ iss: 'https://evil.example/' })}`,
  'another audience': `Bearer ${await sign({ aud: 'https://evil.example/' })}`,
  'a scope that only resembles': `Bearer ${await sign({ scope: 'orders:readonly xorders:read' })}`,
};

let seen: IncomingHttpHeaders[] = [];
let connections = 0;
const origin = createServer((request, response) => {
  seen.push(request.headers);
  response.setHeader('Content-Type', 'application/json').end('{"ok":true}');
}).on('connection', () => connections++);

let folder = '';
let originPort = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'bench-external-'));
  await new Promise<void>((resolve) => origin.listen(0, '127.0.0.1', resolve));
  originPort = (origin.address() as AddressInfo).port;
});
afterAll(async () => {
  origin.close();
  await rm(folder, { recursive: true, force: true });
});

async function get(server: Server, headers: Readonly<Record<string, string>>) {
  seen = [];
  const response = await fetch(`http://127.0.0.1:${server.port}/bench/item?id=1`, { headers });
  return { status: response.status, body: await response.text(), atOrigin: seen[0] };
}

const bearer = { authorization: `Bearer ${valid}` };
const present = EXTERNALS.filter(installed);
console.log(`outside workerd, installed here: ${present.map(({ name }) => name).join(', ') || 'none'}`);

it('every contender outside workerd has a name of its own', () => {
  expect(new Set(EXTERNALS.map(({ name }) => name)).size).toBe(EXTERNALS.length);
});

describe.each(present)('$name', (external) => {
  let gateway: Server;
  beforeAll(async () => {
    gateway = await external.start(folder, { originPort, jwks: { keys: [jwk] }, verify: true });
  });
  afterAll(() => gateway?.stop());

  it('forwards a valid token with three identity headers, whatever the client sent', async () => {
    const spoofed = { 'X-User-Id': 'admin', 'X-Tenant': 'all', 'X-Roles': '["root"]' };
    const { status, body, atOrigin } = await get(gateway, { ...bearer, ...spoofed });
    expect({ status, body }).toEqual({ status: 200, body: '{"ok":true}' });
    expect(atOrigin).toMatchObject({ 'x-user-id': 'user-7', 'x-tenant': 'tenant-3' });
    expect(JSON.parse(String(atOrigin?.['x-roles']))).toEqual(['editor', 'auditor']);
  });

  it.each(Object.entries(REFUSED))('refuses %s and asks the origin nothing', async (_, authorization) => {
    const { status, atOrigin } = await get(gateway, authorization === undefined ? {} : { authorization });
    expect([401, 403]).toContain(status);
    expect(atOrigin).toBeUndefined();
  });

  it('a line break in a claim begins no header', async () => {
    const authorization = `Bearer ${await sign({ sub: 'user-7\r\nX-Evil: 1' })}`;
    const { atOrigin } = await get(gateway, { authorization });
    expect(atOrigin ?? {}).not.toHaveProperty('x-evil');
  });

  it('keeps its connection to the origin', async () => {
    await get(gateway, bearer);
    const before = connections;
    for (let i = 0; i < 10; i++) expect((await get(gateway, bearer)).status).toBe(200);
    expect(connections - before).toBeLessThanOrEqual(1);
  });

  it('its pass-through asks for no token and sets no header; both serve from one process and end', async () => {
    const bare = await external.start(folder, { originPort, jwks: { keys: [jwk] }, verify: false });
    const { status, atOrigin } = await get(bare, {});
    expect(status).toBe(200);
    expect(atOrigin).not.toHaveProperty('x-user-id');
    for (const { pid } of [gateway, bare]) {
      const children = `/proc/${pid}/task/${pid}/children`;
      if (existsSync(children)) expect(await readFile(children, 'utf8')).toBe('');
    }
    bare.stop();
    await expect.poll(() => get(bare, {}).catch(() => 'refused'), { timeout: 5_000 }).toBe('refused');
  });
});
