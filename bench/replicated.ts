import { setTimeout as pause } from 'node:timers/promises';
import { decodeJwt } from 'jose';
import type { RevocationRoomStatus } from '../src/revocation/check.ts';
import { HOT_TOKENS, redisAddress, type Surroundings, startGateway, unique } from './catalog.ts';
import { type Server, startScript } from './processes.ts';

/** What a replica has to hold before it is measured. */
interface Expected {
  readonly records: number;
  /** The answer that the probe is due: a token that no row sends. */
  readonly probe: 200 | 401;
}

const MILLION = 1_000_000;
const LOAD_MILLISECONDS = 60_000;
/** Tokens asked to see who answers; not the ones that rows repeat. */
const FRESH_TOKENS = 50;

const tokensOf = (at: Surroundings) => unique(at, 'RS256');
const probeOf = (at: Surroundings): string => tokensOf(at).at(-1) ?? '';

/** A gateway in mode `replicated` that has loaded its replica from a Redis that holds no revocation. */
export const startReplicated = (at: Surroundings, name: string): Promise<Server> =>
  startLoaded(at, name, { records: 0, probe: 200 });

/**
 * The same with a Redis of its own that holds a million live revocations, one of them the probe's. The Redis ends
 * with the gateway.
 */
export async function startReplicatedOverMillion(
  at: Surroundings,
  name: string,
  progress: (line: string) => void,
): Promise<Server> {
  progress('filling a Redis of its own with a million revocations …');
  const jti = decodeJwt(probeOf(at)).jti ?? '';
  const redis = await startScript('redis.ts', [`${MILLION - 1}`, jti]);
  const around = { ...at, redis: redisAddress(redis) };
  const gateway = await startLoaded(around, name, { records: MILLION, probe: 401 });
  progress('the gateway has loaded the million into its replica and answers from it');
  const stop = () => {
    gateway.stop();
    redis.stop();
  };
  return { ...gateway, stop };
}

/** Throws when the gateway does not hold what is expected, or answers otherwise than from its replica. */
async function startLoaded(at: Surroundings, name: string, expected: Expected): Promise<Server> {
  const server = await startGateway(at, name, {
    revocation: { mode: 'replicated', max_staleness: '5s' },
    status: true,
  });
  const [first = '', ...fresh] = tokensOf(at).slice(HOT_TOKENS, HOT_TOKENS + 1 + FRESH_TOKENS);
  const wrong = (what: string) => new Error(`${name}: ${what}`);
  const expect = async (token: string, status: number) => {
    const answer = await get(server, '/bench/item', token);
    await answer.arrayBuffer();
    if (answer.status !== status) throw wrong(`${answer.status} where ${status} was due`);
  };
  // Its token is looked up in Redis each time, which may take too long while the gateway is busy loading: 503.
  const statusOf = async () => {
    const answer = await get(server, '/.portcullis/status', first);
    const told = (await answer.json()) as { revocation?: RevocationRoomStatus };
    if (told.revocation !== undefined) return told.revocation;
    if (answer.status === 503) return undefined;
    throw wrong(`${answer.status} from its status endpoint`);
  };
  const deadline = Date.now() + LOAD_MILLISECONDS;
  const statusOnce = async (fits: (status: RevocationRoomStatus) => boolean) => {
    for (;;) {
      const status = await statusOf();
      if (status !== undefined && fits(status)) return status;
      const fault = status?.replica?.lastFault ?? 'no fault told';
      if (Date.now() > deadline) throw wrong(`no replica after a minute (${fault})`);
      // A replica is loaded behind a request.
      await (await get(server, '/bench/item', first)).arrayBuffer();
      await pause(100);
    }
  };

  const before = await statusOnce(({ replica }) => replica?.state === 'ready');
  const records = before.replica?.records;
  if (records !== expected.records) throw wrong(`its replica holds ${records} of ${expected.records}`);

  // Asking Redis instead, as it does without a usable replica, leaves an answer for each of a token's names.
  for (const token of fresh) await expect(token, 200);
  const after = await statusOnce(() => true);
  if (after.cachedAnswers > before.cachedAnswers) throw wrong('it asks Redis, not its replica');
  await expect(probeOf(at), expected.probe);
  return server;
}

const get = ({ port }: Server, path: string, token: string): Promise<Response> =>
  fetch(`http://127.0.0.1:${port}${path}`, { headers: { authorization: `Bearer ${token}` } });
