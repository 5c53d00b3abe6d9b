import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { buildBundle } from '../test/fixtures/bundle.ts';
import { CALLGRIND_INSTALLED, callgrind, instructions } from './callgrind.ts';
import { cpuMicroseconds, PINNED, residentMebibytes, type Server } from './processes.ts';
import { drive, TokenClient, type TokenSample } from './token-load.ts';
import { type Runtime, startWorker } from './workers.ts';

// What the token service takes: for a signature, for a refresh, for one grant, for one subject, and as grants grow in number.
//
//   npm run bench:token-service          about five minutes; writes bench/results/token-service.md
//   npm run bench:token-service -- --quick      half a minute, and writes nothing: for direction
//
// The service and its Durable Objects share one core here. The deny-list is off: what a read of it takes is in the other rows.

const LANES = 16;
const QUICK = process.argv.includes('--quick');
const SECONDS = QUICK ? 0.5 : 2;
const SAMPLES = QUICK ? 1 : 3;
const WARM_UP = QUICK ? { requests: 200, seconds: 1 } : { requests: 6_000, seconds: 6 };
const COUNTED = QUICK ? { warmUp: 100, counted: 50, lanes: 2 } : { warmUp: 1_700, counted: 300, lanes: 2 };
const GROWTH = QUICK ? [0, 100] : [0, 500, 5_000];
const OF_ONE_SUBJECT = [1, 100, 400];
const ISSUER = 'https://tokens.test';
const AUDIENCE = 'https://api.test';
const MACHINE = 'machine:a-machine-secret-of-32-characters';
const JWT_BEARER = 'urn:ietf:params:oauth:grant-type:jwt-bearer';

if (PINNED) execFileSync('/usr/bin/taskset', ['-a', '-c', '-p', '1', String(process.pid)]);
/** A disk of this machine is nothing that the platform has: where there is a file system in memory, that. */
const MEMORY = '/dev/shm';
const IN_MEMORY = existsSync(MEMORY);
const folder = await mkdtemp(join(IN_MEMORY ? MEMORY : tmpdir(), 'portcullis-token-bench-'));
console.log('building the Worker …');
const module = join(await buildBundle('wrangler.token-service.toml'), 'worker.js');
const backend = await generateKeyPair('ES256', { extractable: true });
const jwk = { ...(await exportJWK(backend.publicKey)), kid: 'k', alg: 'ES256', use: 'sig' };

interface Service {
  readonly server: Server;
  readonly client: TokenClient;
  readonly objects: string;
}

let started = 0;
async function startService(algorithm: string, runtime?: Runtime): Promise<Service> {
  const bindings = {
    TOKEN_SERVICE: { issuer: ISSUER, sealing_keys: ['SEALING'], algorithm, revocation: 'off' },
    SEALING: 'a-sealing-secret-of-32-characters',
    MACHINE_SECRET: 'a-machine-secret-of-32-characters',
    RESOURCES: { api: { audience: AUDIENCE, scope: ['orders:read'] } },
    ISSUERS: {
      backend: {
        issuer: 'https://login.test',
        audience: [ISSUER],
        algorithms: ['ES256'],
        jwks: { keys: [jwk] },
      },
    },
    CLIENTS: {
      machine: {
        client_id: 'machine',
        type: 'client_secret_basic',
        client_secret: 'MACHINE_SECRET',
        grants: ['jwt_bearer', 'refresh_token', 'client_credentials'],
        scope: ['orders:read'],
        resources: ['api'],
        assertion_issuers: ['backend'],
      },
    },
  };
  const durableObjects = { KEYRING: 'KeyringObject', GRANTS: 'GrantObject', GRANT_INDEX: 'GrantIndexObject' };
  const server = await startWorker(folder, { name: 'tokens', module, bindings, durableObjects }, runtime);
  started++;
  return { server, client: new TokenClient(server.port), objects: join(folder, `tokens-${started}-objects`) };
}

const stop = ({ server, client }: Service) => {
  client.stop();
  server.stop();
};

async function good(answer: ReturnType<TokenClient['send']>): Promise<Readonly<Record<string, unknown>>> {
  const { status, body } = await answer;
  if (status !== 200) throw new Error(`${status} ${JSON.stringify(body)}`);
  return body;
}

const assertions = (count: number, subject: (n: number) => string): Promise<string[]> => {
  const iat = Math.floor(Date.now() / 1000);
  return Promise.all(
    Array.from({ length: count }, (_, n) =>
      new SignJWT({
        iss: 'https://login.test',
        sub: subject(n),
        aud: ISSUER,
        jti: crypto.randomUUID(),
        iat,
        exp: iat + 300,
      })
        .setProtectedHeader({ alg: 'ES256', kid: 'k' })
        .sign(backend.privateKey),
    ),
  );
};
const open = async ({ client }: Service, assertion: string): Promise<string> =>
  String((await good(client.send('/token', { grant_type: JWT_BEARER, assertion }, MACHINE))).refresh_token);
const refresh = async ({ client }: Service, refresh_token: string): Promise<string> =>
  String(
    (await good(client.send('/token', { grant_type: 'refresh_token', refresh_token }, MACHINE)))
      .refresh_token,
  );

type Work = (service: Service) => Promise<(lane: number) => Promise<void>>;
const metadata: Work =
  async ({ client }) =>
  async () => {
    await good(client.send('/.well-known/oauth-authorization-server'));
  };
const keySet: Work =
  async ({ client }) =>
  async () => {
    await good(client.send('/.well-known/jwks.json'));
  };
const sign: Work =
  async ({ client }) =>
  async () => {
    await good(client.send('/token', { grant_type: 'client_credentials' }, MACHINE));
  };
const rotate: Work = async (service) => {
  const held = await Promise.all(
    (await assertions(LANES, (n) => `lane-${n}`)).map((each) => open(service, each)),
  );
  return async (lane) => {
    held[lane] = await refresh(service, held[lane] ?? '');
  };
};
/** Every lane takes what another has got, so all race for one grant. */
const race: Work = async (service) => {
  const [assertion = ''] = await assertions(1, () => 'racer');
  let newest = await open(service, assertion);
  return async () => {
    const used = newest;
    const next = await refresh(service, used);
    if (newest === used) newest = next;
  };
};
const openNew: Work = async (service) => {
  const made = await assertions(QUICK ? 4_000 : 30_000, (n) => `somebody-${n}`);
  return async () => void (await open(service, made.pop() ?? ''));
};

const at = (sample: TokenSample, share: number) =>
  sample.latencies[Math.floor(sample.latencies.length * share)] ?? 0;
const median = (values: readonly number[]) =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;

const lines: string[] = [];
const tell = (line: string) => {
  lines.push(line);
  console.log(line);
};

async function timed(name: string, algorithm: string, work: Work, lanes = LANES): Promise<void> {
  const service = await startService(algorithm);
  const ask = await work(service);
  await drive(lanes, WARM_UP, ask);
  const samples: {
    readonly perSecond: number;
    readonly cpu: number;
    readonly p50: number;
    readonly p99: number;
  }[] = [];
  for (let taken = 0; taken < SAMPLES; taken++) {
    const before = (await cpuMicroseconds(service.server.pid)) ?? Number.NaN;
    const sample = await drive(lanes, { seconds: SECONDS }, ask);
    const cpu = (((await cpuMicroseconds(service.server.pid)) ?? Number.NaN) - before) / sample.requests;
    samples.push({
      perSecond: sample.requests / sample.seconds,
      cpu,
      p50: at(sample, 0.5),
      p99: at(sample, 0.99),
    });
  }
  stop(service);
  const of = (pick: (sample: (typeof samples)[number]) => number) => median(samples.map(pick));
  tell(
    `| ${name} | ${lanes} | ${Math.round(of((s) => s.perSecond))} | ${Math.round(of((s) => s.cpu))} µs | ${Math.round(1e6 / of((s) => s.cpu))} | ${of((s) => s.p50).toFixed(1)} ms | ${of((s) => s.p99).toFixed(1)} ms |`,
  );
}

async function counted(name: string, algorithm: string, work: Work): Promise<void> {
  const service = await startService(algorithm, callgrind(folder));
  const ask = await work(service);
  await drive(COUNTED.lanes, { requests: COUNTED.warmUp }, ask);
  let answered = 0;
  const all = await instructions(service.server, async () => {
    answered = (await drive(COUNTED.lanes, { requests: COUNTED.counted }, ask)).requests;
  });
  service.client.stop();
  tell(`| ${name} | ${Math.round(all / answered / 1e3)} |`);
}

async function bytesIn(path: string): Promise<number> {
  const names = await readdir(path, { recursive: true });
  const sizes = await Promise.all(
    names.map(async (name) => {
      const found = await stat(join(path, name)).catch(() => undefined);
      return found?.isFile() ? found.blocks * 512 : 0;
    }),
  );
  return sizes.reduce((sum, each) => sum + each, 0);
}

tell(
  `Objects ${IN_MEMORY ? 'in memory' : 'on disk'}, ${PINNED ? 'one core for the service' : 'not pinned'}.\n`,
);
tell('## A second, and each\n');
tell('| work | at once | a second | CPU each | a second of CPU | p50 | p99 |\n|---|---|---|---|---|---|---|');
await timed('metadata: no object asked', 'ES256', metadata);
await timed('key set: the keyring asked, nothing signed', 'ES256', keySet);
for (const algorithm of ['ES256', 'EdDSA', 'RS256'])
  await timed(`access token, ${algorithm}`, algorithm, sign);
await timed('refresh, a grant for each connection', 'ES256', rotate);
await timed('refresh, one grant, one after the other', 'ES256', rotate, 1);
await timed('refresh, one grant, all at once', 'ES256', race);
await timed('login by an assertion: a new grant each', 'ES256', openNew);

if (CALLGRIND_INSTALLED) {
  tell('\n## Instructions\n');
  tell('| work | thousand instructions each |\n|---|---|');
  await counted('metadata', 'ES256', metadata);
  await counted('key set', 'ES256', keySet);
  await counted('access token, ES256', 'ES256', sign);
  await counted('access token, EdDSA', 'EdDSA', sign);
  await counted('refresh', 'ES256', rotate);
}

tell('\n## Growth\n');
tell(
  '| grants in all | refreshes a second | CPU each | p99 | memory | on disk for each |\n|---|---|---|---|---|---|',
);
const grown = await startService('ES256');
const ask = await rotate(grown);
await drive(LANES, WARM_UP, ask);
const empty = await bytesIn(grown.objects);
let there = 0;
for (const wanted of GROWTH) {
  const more = await assertions(wanted - there, (n) => `crowd-${there + n}`);
  await drive(LANES, { requests: more.length }, async () => void (await open(grown, more.pop() ?? '')));
  there = wanted;
  const before = (await cpuMicroseconds(grown.server.pid)) ?? Number.NaN;
  const sample = await drive(LANES, { seconds: SECONDS }, ask);
  const cpu = (((await cpuMicroseconds(grown.server.pid)) ?? Number.NaN) - before) / sample.requests;
  const kilobytes =
    there === 0 ? '' : `${Math.round(((await bytesIn(grown.objects)) - empty) / there / 1024)} KB`;
  tell(
    `| ${wanted + LANES} | ${Math.round(sample.requests / sample.seconds)} | ${Math.round(cpu)} µs | ${at(sample, 0.99).toFixed(1)} ms | ${Math.round((await residentMebibytes(grown.server.pid)) ?? 0)} MiB | ${kilobytes} |`,
  );
}
stop(grown);

tell('\n| grants of one subject | the next one takes |\n|---|---|');
const crowded = await startService('ES256');
const warm = await openNew(crowded);
await drive(1, { requests: 2_000 }, warm);
let own = 0;
for (const wanted of OF_ONE_SUBJECT) {
  const before = await assertions(wanted - own, () => 'one');
  await drive(LANES, { requests: before.length }, async () => void (await open(crowded, before.pop() ?? '')));
  const next = await assertions(50, () => 'one');
  const sample = await drive(
    1,
    { requests: next.length },
    async () => void (await open(crowded, next.pop() ?? '')),
  );
  own = wanted + 50;
  tell(`| ${wanted} | ${at(sample, 0.5).toFixed(2)} ms |`);
}
stop(crowded);

if (!QUICK)
  await writeFile(join(import.meta.dirname, 'results', 'token-service.md'), `${lines.join('\n')}\n`);
await rm(folder, { recursive: true, force: true });
process.exit(0);
