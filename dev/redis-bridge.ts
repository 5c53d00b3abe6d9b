import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { listen, type RunningServer } from '../src/cli/dev/http.ts';
import { connectRedis, type RedisConnection, RedisUnavailable } from './redis/connection.ts';
import { type Access, type PermissionCheck, permissions } from './redis/permission.ts';
import { encodeOutcome, type RestEncoding } from './redis/rest-encoding.ts';
import {
  BadRequest,
  readCommand,
  readCommandBody,
  readCommands,
  readPathCommand,
} from './redis/rest-request.ts';

export interface RedisBridgeOptions {
  /** `redis://…`, `rediss://…`. */
  readonly redisUrl: string;
  readonly token: string;
  /** Reads only, as Upstash's read-only token does. */
  readonly readOnlyToken?: string | undefined;
  /** 0 picks a free port. */
  readonly port: number;
  readonly host?: string;
  /** How long Redis may take to answer a command. */
  readonly replyTimeoutMs?: number;
}

export interface RedisBridge {
  readonly url: string;
  close(): Promise<void>;
}

interface Exchange {
  readonly redis: RedisConnection;
  readonly permit: PermissionCheck;
  readonly access: Access;
  readonly encoding: RestEncoding;
}

interface Answer {
  readonly status: number;
  readonly body: unknown;
}

/**
 * Serves the Upstash REST protocol over a Redis of one's own: `POST /`, `/pipeline`, `/multi-exec` and
 * commands in the path (`/get/foo`). For development and tests: no TLS, no rate limit, one Redis connection.
 * Rejects when Redis is not reachable or the port is taken; later outages are answered with 503 or 504.
 */
export async function startRedisBridge(options: RedisBridgeOptions): Promise<RedisBridge> {
  const host = options.host ?? '127.0.0.1';
  const redis = await connectRedis(options.redisUrl, options.replyTimeoutMs ?? 5_000);
  const permit = permissions(redis);
  const accessOf = authentication(options.token, options.readOnlyToken);

  let server: RunningServer;
  try {
    server = await listen(
      async (request, response) => {
        const access = accessOf(request.headers.authorization);
        if (!access) return send(response, failure(401, 'WRONGPASS invalid or missing auth token'));
        const encoding = request.headers['upstash-encoding'] === 'base64' ? 'base64' : 'utf8';
        send(response, await answer(request, { redis, permit, access, encoding }));
      },
      options.port,
      host,
    );
  } catch (error) {
    redis.close();
    throw error;
  }

  return {
    url: `http://${host}:${server.port}`,
    async close() {
      await server.close();
      redis.close();
    },
  };
}

function authentication(token: string, readOnlyToken: string | undefined) {
  const expected = digest(`Bearer ${token}`);
  const expectedReadOnly = readOnlyToken === undefined ? undefined : digest(`Bearer ${readOnlyToken}`);
  return (authorization: string | undefined): Access | undefined => {
    const given = digest((authorization ?? '').replace(/^bearer /i, 'Bearer '));
    if (timingSafeEqual(given, expected)) return 'full';
    return expectedReadOnly && timingSafeEqual(given, expectedReadOnly) ? 'read-only' : undefined;
  };
}

/** Equal lengths for a comparison in constant time. */
function digest(value: string): Buffer {
  return createHash('sha256').update(value).digest();
}

async function answer(request: IncomingMessage, exchange: Exchange): Promise<Answer> {
  try {
    const path = (request.url ?? '/').replace(/\?.*$/s, '');
    if (!['GET', 'HEAD', 'POST', 'PUT'].includes(request.method ?? '')) {
      return failure(405, `ERR unsupported method ${request.method}`);
    }
    const body = await readCommandBody(request);
    if (path === '/pipeline') return await pipeline(readCommands(body), exchange);
    if (path === '/multi-exec') return await transaction(readCommands(body), exchange);
    return await single(
      path === '/' ? readCommand(body) : readPathCommand(request.url ?? '', body),
      exchange,
    );
  } catch (error) {
    if (error instanceof BadRequest) return failure(error.status, error.message);
    if (error instanceof RedisUnavailable) return failure(error.status, `ERR ${error.message}`);
    return failure(500, 'ERR internal error');
  }
}

async function single(command: readonly string[], exchange: Exchange): Promise<Answer> {
  const refusal = await exchange.permit(command, exchange.access);
  const outcome = refusal === undefined ? await exchange.redis.command(command) : { error: refusal };
  const body = encodeOutcome(outcome, exchange.encoding);
  return { status: 'error' in body ? 400 : 200, body };
}

/** Each command has an outcome of its own; other callers' commands may run between them. */
async function pipeline(commands: readonly (readonly string[])[], exchange: Exchange): Promise<Answer> {
  const refusals: (string | undefined)[] = [];
  for (const command of commands) refusals.push(await exchange.permit(command, exchange.access));
  const outcomes = await Promise.all(
    commands.map((command, index) => {
      const refusal = refusals[index];
      return refusal === undefined ? exchange.redis.command(command) : { error: refusal };
    }),
  );
  return { status: 200, body: outcomes.map((outcome) => encodeOutcome(outcome, exchange.encoding)) };
}

async function transaction(commands: readonly (readonly string[])[], exchange: Exchange): Promise<Answer> {
  for (const command of commands) {
    const refusal = await exchange.permit(command, exchange.access);
    if (refusal) return failure(400, refusal);
  }
  const outcome = await exchange.redis.transaction(commands);
  if ('error' in outcome) return failure(400, outcome.error);
  const replies = Array.isArray(outcome.reply) ? outcome.reply : [];
  return { status: 200, body: replies.map((reply) => encodeOutcome({ reply }, exchange.encoding)) };
}

function failure(status: number, error: string): Answer {
  return { status, body: { error } };
}

function send(response: ServerResponse, { status, body }: Answer): void {
  const text = JSON.stringify(body);
  const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(text) };
  response.writeHead(status, headers).end(text);
}
