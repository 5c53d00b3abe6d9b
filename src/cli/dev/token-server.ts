import { randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { mintToken, type TokenWish } from '../stand-in/mint.ts';
import { listen, type RunningServer, readBody, sendJson } from './http.ts';
import type { DevIssuers } from './issuers.ts';

/** What `portcullis token` sends. */
export interface TokenOrder {
  readonly issuer: string | undefined;
  readonly wish: TokenWish;
}

export interface TokenServer extends RunningServer {
  /** Who bears it may have tokens: a web page can reach loopback as well. */
  readonly key: string;
}

const MAX_ORDER_BYTES = 64 * 1024;

/** The stand-in issuers on loopback: `GET /<name>/jwks.json`, and `POST /token` for whoever has the key. */
export async function startTokenServer(issuers: DevIssuers, port: number): Promise<TokenServer> {
  const key = randomBytes(32).toString('base64url');
  const server = await listen((request, response) => {
    answer(issuers, key, request, response).catch((error: unknown) => {
      sendJson(response, 400, { error: error instanceof Error ? error.message : 'failed' });
    });
  }, port);
  return { ...server, key };
}

async function answer(
  issuers: DevIssuers,
  key: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const [, name] = /^\/([\w-]+)\/jwks\.json$/.exec(request.url ?? '') ?? [];
  const jwks = name === undefined ? undefined : await issuers.jwks(name);
  if (request.method === 'GET' && jwks !== undefined) return sendJson(response, 200, jwks);
  if (request.method !== 'POST' || request.url !== '/token')
    return sendJson(response, 404, { error: 'nothing here' });
  if (!isSame(request.headers.authorization ?? '', `Bearer ${key}`)) {
    return sendJson(response, 401, { error: 'this is for portcullis token alone' });
  }
  const order: TokenOrder = JSON.parse((await readBody(request, MAX_ORDER_BYTES)).toString());
  const chosen = order.issuer ?? (issuers.names.length === 1 ? issuers.names[0] : undefined);
  const profile = chosen === undefined ? undefined : issuers.profile(chosen);
  if (profile === undefined) {
    const names = issuers.names.join(', ') || 'none';
    return sendJson(response, 400, { error: `--issuer has to name a stand-in; there are: ${names}` });
  }
  sendJson(response, 200, { token: await mintToken(profile, order.wish, issuers, Date.now() / 1000) });
}

function isSame(given: string, wanted: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(wanted)];
  return a.length === b.length && timingSafeEqual(a, b);
}
