import { existsSync } from 'node:fs';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { argumentsOrExit } from '../src/cli/arguments.ts';
import { EXIT } from '../src/cli/command.ts';
import {
  attacks,
  COMPOSED_REQUIREMENT,
  COOKIE_SOURCE,
  inCookie,
  redisAddress,
  repeating,
  type Surroundings,
  startContender,
  startGateway,
  target,
  unique,
} from './catalog.ts';
import { chart } from './chart.ts';
import { EXTERNALS, installed } from './external.ts';
import { Bench, type Comparison, type Plan, type Target } from './measure.ts';
import { Load, PINNED, type Server, startScript } from './processes.ts';
import { startReplicated, startReplicatedOverMillion } from './replicated.ts';
import { merged, type Results, readResults, samePlan, table } from './report.ts';
import { loadTokens } from './tokens.ts';
import { bundleGateway } from './workers.ts';

const USAGE = `Measures the gateway beside its contenders, on bare workerd, loopback only. Writes bench/results/.

  npm run bench                  every row, twelve A/B pairs of two seconds over three processes: about 50 minutes
  npm run bench -- --quick       two minutes: fewer rows, short samples; for direction, not for quoting
  npm run bench -- --only TEXT   rows whose name contains TEXT; writes no results, unless with
                       --merge   put them into the results of the last full run
  npm run bench -- --resume      goes on with a run that ended early: the rows it had are kept
  npm run bench -- --pairs N     A/B pairs a row`;

const flags = argumentsOrExit(
  {
    quick: { type: 'boolean', default: false },
    only: { type: 'string' },
    merge: { type: 'boolean', default: false },
    resume: { type: 'boolean', default: false },
    pairs: { type: 'string' },
    help: { type: 'boolean', short: 'h', default: false },
  },
  USAGE,
);
if (flags.help) {
  console.log(USAGE);
  process.exit(0);
}

const plan: Plan = {
  ...(flags.quick
    ? { pairs: 3, seconds: 0.6, processes: 1 }
    : { pairs: Number(flags.pairs ?? 12), seconds: 2, processes: 3 }),
  connections: 16,
  warmUp: { requests: 20_000, seconds: flags.quick ? 1 : 15, connections: 16 },
};
const resultName = flags.quick ? 'quick' : 'latest';
/** Rows of a run that has not ended: an hour's work outlives an error in its last minute. */
const unfinished = join(import.meta.dirname, '.cache', `unfinished-${resultName}.json`);
if (flags.resume && flags.only !== undefined) {
  console.error('--resume goes on with every row of a run; leave out --only');
  process.exit(EXIT.usage);
}
if (flags.resume && !existsSync(unfinished)) {
  console.error('no run ended early, so there is nothing to go on with; leave out --resume');
  process.exit(1);
}
const wanted = (name: string) => flags.only === undefined || name.includes(flags.only);

console.log('building the Worker …');
const folder = await mkdtemp(join(tmpdir(), 'portcullis-bench-'));
const tokens = await loadTokens(20_000, (line) => console.log(line));
const origin = await startScript('origin.ts');
const jwks = await startScript('jwks.ts');
const redis = await startScript('redis.ts').catch((error: unknown) => {
  console.log(`no Redis, so no rows with one: ${error instanceof Error ? error.message : error}`);
  return undefined;
});
const load = new Load();
const bench = new Bench(load);
const at: Surroundings = {
  folder,
  originUrl: `http://127.0.0.1:${origin.port}`,
  jwksUri: `http://127.0.0.1:${jwks.port}/jwks`,
  redis: redis && redisAddress(redis),
  tokens,
  gatewayModule: await bundleGateway(),
};

const earlier = flags.resume ? samePlan(await readResults(unfinished), plan) : undefined;
const rows: Comparison[] = [...(earlier?.rows ?? [])];
const results = (): Results => ({
  made: new Date().toISOString(),
  machine: { cores: cpus().length, model: cpus()[0]?.model ?? 'unknown', pinned: PINNED },
  plan,
  retriedSamples: (earlier?.retriedSamples ?? 0) + bench.retried,
  rows,
});
if (rows.length > 0) console.log(table(rows));

const passServers: Server[] = [];
for (let i = 0; i < plan.processes; i++) passServers.push(await startContender(at, 'pass-through'));
const pass = (like: Target, nth: number): Target =>
  target('pass-through', passServers[nth % passServers.length] as Server, like.tokens);

/** One row: starts what it measures, measures it beside its yardstick, ends it, prints it. */
async function row(
  name: string,
  start: () => Promise<Target>,
  against: (contender: Target, nth: number) => Target | Promise<Target> = pass,
  { connections, processes } = plan,
): Promise<void> {
  if (!wanted(name) || rows.some((measured) => measured.name === name)) return;
  const contenders: Target[] = [];
  const yardsticks: Target[] = [];
  for (let nth = 0; nth < processes; nth++) {
    const contender = await start();
    contenders.push(contender);
    yardsticks.push(await against(contender, nth));
  }
  const comparison = await bench.compare(contenders, yardsticks, { ...plan, connections });
  rows.push({ name, ...comparison });
  if (flags.only === undefined) await writeFile(unfinished, JSON.stringify(results()));
  console.log(table([{ name, ...comparison }], rows.length === 1));
  for (const { server } of [...contenders, ...yardsticks]) if (!passServers.includes(server)) server.stop();
}

const rs = unique(at, 'RS256');
const es = unique(at, 'ES256');
const ed = unique(at, 'EdDSA');
const hot = repeating(at, 'RS256');
const ours = (name: string, policy = {}, credentials = rs) =>
  startGateway(at, name, policy).then((server) => target(name, server, credentials));
const replicated = async () => target('replicated', await startReplicated(at, 'replicated'), hot);
const contender = (name: string, credentials = rs, also?: 'verify' | 'read') =>
  startContender(at, name, also).then((server) => target(name, server, credentials));

await row('same headers', () => contender('same-headers'));
await row('same runtime calls, no policy', () => contender('same-calls'));
if (!flags.quick) {
  await row('same runtime calls and one RS256 verification', () => contender('same-calls', rs, 'verify'));
  await row('same runtime calls and one ES256 verification', () => contender('same-calls', es, 'verify'));
}
if (redis !== undefined) {
  await row('same runtime calls and one read of Redis', () => contender('same-calls', rs, 'read'));
}
await row('floor, RS256', () => contender('floor'));
if (!flags.quick) await row('floor, ES256', () => contender('floor', es));
await row('Hono + jose, RS256', () => contender('hono-jose'));
if (!flags.quick) await row('Hono + jose, ES256', () => contender('hono-jose', es));
await row('Hono jwk, RS256', () => contender('hono-jwk'));
await row('ours, unique RS256', () => ours('unique-rs256'));
await row('ours, unique ES256', () => ours('unique-es256', {}, es));
if (!flags.quick) await row('ours, unique EdDSA', () => ours('unique-eddsa', {}, ed));
await row('ours, repeating', () => ours('repeating', {}, hot));
if (!flags.quick) {
  await row('ours, repeating, signed identity', () => ours('signed', { signedIdentity: true }, hot));
  await row('ours, repeating, cookie', () => ours('cookie', COOKIE_SOURCE, hot.map(inCookie)));
  await row('ours, repeating, composed requirement', () => ours('composed', COMPOSED_REQUIREMENT, hot));
}
if (redis !== undefined) {
  const revocation = { mode: 'cached', max_staleness: '5s' };
  await row('ours, repeating, cached', () => ours('cached', { revocation }, hot));
  await row('ours, repeating, replicated', replicated);
  // A stall of a shared machine is no outage of the store: with the default of 250 ms it would end the bench with 503.
  const strict = { mode: 'strict', timeout: '10s' };
  await row('ours, repeating, strict', () => ours('strict', { revocation: strict }, hot));
}
await row(
  'ours against the floor, RS256',
  () => ours('beside-floor'),
  () => contender('floor'),
);
if (!flags.quick) {
  await row(
    'ours against the floor, ES256',
    () => ours('beside-floor-es', {}, es),
    () => contender('floor', es),
  );
}
await row(
  'ours against Hono + jose',
  () => ours('beside-hono-jose'),
  () => contender('hono-jose'),
);
await row(
  'ours against Hono + jose with the same policy by hand',
  () => ours('beside-hono-jose-policy'),
  () => contender('hono-jose-policy'),
);
if (!flags.quick) {
  await row(
    'same runtime calls and one RS256 verification against the floor',
    () => contender('same-calls', rs, 'verify'),
    () => contender('floor'),
  );
  await row(
    'same runtime calls and one RS256 verification against Hono + jose with the same policy by hand',
    () => contender('same-calls', rs, 'verify'),
    () => contender('hono-jose-policy'),
  );
}
await row(
  'ours against Hono jwk',
  () => ours('beside-hono-jwk'),
  () => contender('hono-jwk'),
);
await row('ours, unique RS256, one connection', () => ours('single'), pass, { ...plan, connections: 1 });
if (!flags.quick) {
  const alone = () => ours('alone', {}, hot);
  await row('1,001 routes against 1', () => ours('routes', { routes: 1_000 }, hot), alone);
  await row('51 issuers against 1', () => ours('issuers', { issuers: 50 }, hot), alone);
  if (redis !== undefined) {
    const million = () => startReplicatedOverMillion(at, 'million', (line) => console.log(line));
    const start = async () => target('million', await million(), hot);
    await row('10^6 revocations against none', start, replicated);
  }
}
for (const attack of attacks(at)) {
  if (flags.quick && attack.name !== 'garbage') continue;
  await row(
    `attack: ${attack.name}, against a valid request`,
    () =>
      startGateway(at, `attack-${attack.status}-${attack.name.replaceAll(' ', '-')}`).then((server) =>
        target(attack.name, server, attack.tokens, attack.status),
      ),
    () => ours('valid'),
  );
}
for (const external of flags.quick ? EXTERNALS.slice(0, 1) : EXTERNALS) {
  if (!installed(external)) {
    console.log(`not installed, so not measured: ${external.name}`);
    continue;
  }
  const context = { originPort: origin.port, jwks: tokens.jwks };
  await row(
    `${external.name} against its own pass-through`,
    async () => target(external.name, await external.start(folder, { ...context, verify: true }), rs),
    async () => target('own', await external.start(folder, { ...context, verify: false }), rs),
    // Each side is one process with one configuration file.
    { ...plan, processes: 1 },
  );
}

const out = join(import.meta.dirname, 'results');
await mkdir(out, { recursive: true });
if (flags.only === undefined || flags.merge) {
  const written = flags.merge
    ? merged(results(), await readResults(join(out, `${resultName}.json`)))
    : results();
  await writeFile(join(out, `${resultName}.json`), `${JSON.stringify(written, null, 2)}\n`);
  await writeFile(join(out, `${resultName}.md`), `${table(written.rows)}\n`);
  await writeFile(join(out, `${resultName}.svg`), chart(written.rows));
  if (flags.only === undefined) await rm(unfinished, { force: true });
  console.log(
    `\nwritten: bench/results/${resultName}.json, .md, .svg; ${bench.retried} disturbed samples retried`,
  );
}
load.stop();
await rm(folder, { recursive: true, force: true });
process.exit(0);
