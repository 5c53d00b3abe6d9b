import { createRedis } from '../../src/redis/client.ts';
import { createRevocation, type Revocation } from '../../src/revocation/check.ts';
import { createRedisFeed } from '../../src/revocation-store/redis/feed.ts';
import { createRedisReader } from '../../src/revocation-store/redis/reader.ts';
import { createColoCache } from '../../src/revocation-store/replica/colo-cache.ts';
import { replicaOf } from '../../src/revocation-store/replica/replica.ts';
import { createCacheApiStore } from '../../src/sealed-cache/cache-api-store.ts';
import { createSealedCache } from '../../src/sealed-cache/sealed-cache.ts';
import { anAccess } from '../../test/fixtures/policies.ts';
import { aPolicy, aToken } from '../../test/fixtures/revocation.ts';

interface Env {
  readonly REDIS_URL: string;
  readonly COLO: boolean;
}

/** A gateway reduced to its revocation room. `/?jti=&mode=&bound=` answers 200, 401 or 503; `/status` tells its state. */
let revocation: Revocation | undefined;
/** As the verified-token cache would keep them. */
const tokens = new Map<string, ReturnType<typeof aToken>>();
const clock = () => Date.now() / 1000;

function roomFor({ REDIS_URL: url, COLO }: Env): Revocation {
  const redis = createRedis({ url, token: 'read' });
  const sealed = createSealedCache({ store: createCacheApiStore(caches), secret: 'read', purpose: url });
  return createRevocation({
    reader: createRedisReader(redis),
    replica: replicaOf({
      feed: createRedisFeed(redis),
      clock,
      colo: COLO ? createColoCache(sealed) : undefined,
    }),
    clock,
  });
}

function tokenOf(jti: string): ReturnType<typeof aToken> {
  let token = tokens.get(jti);
  if (!token) {
    token = aToken({
      jti,
      sub: `user-${jti}`,
      sid: `session-${jti}`,
      client_id: 'bench',
      iat: 1_700_000_000,
    });
    tokens.set(jti, token);
  }
  return token;
}

export default {
  async fetch(request: Request, env: Env, ctx: ExecutionContext): Promise<Response> {
    revocation ??= roomFor(env);
    const url = new URL(request.url);
    if (url.pathname === '/status') return Response.json(revocation.status());
    const mode = url.searchParams.get('mode') as 'strict' | 'cached' | 'replicated' | 'off';
    const maxStalenessSeconds = Number(url.searchParams.get('bound') ?? 5);
    const access = anAccess({ revocation: aPolicy({ mode, maxStalenessSeconds, timeoutMs: 2_000 }) });
    const result = await revocation.check(tokenOf(url.searchParams.get('jti') ?? ''), access, {
      now: clock(),
      waitUntil: (work) => ctx.waitUntil(work),
      emit: () => {},
    });
    if (result.ok) return new Response('active');
    return new Response(result.error.reason, { status: result.error.reason === 'revoked' ? 401 : 503 });
  },
};
