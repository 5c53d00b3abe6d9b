import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CALLGRIND_INSTALLED, callgrind, instructions } from './callgrind.ts';
import {
  COMPOSED_REQUIREMENT,
  COOKIE_SOURCE,
  inCookie,
  LOOPED,
  NEVER,
  repeating,
  type Surroundings,
  startContender,
  startCounting,
  startGateway,
  unique,
} from './catalog.ts';
import { Load, type Server, startScript } from './processes.ts';
import { loadTokens } from './tokens.ts';
import { bundleGateway } from './workers.ts';

// Instructions a request takes, by callgrind: the same number whatever else the machine is doing, so it tells of one
// percent what throughput on a shared machine cannot tell of ten. It knows nothing of caches, of the kernel or of
// garbage collection, and RSA takes more of them here than on a processor whose newest instructions valgrind lacks.
//
//   npm run bench:instructions          about eight minutes; writes bench/results/instructions.md
//   npm run bench:instructions counted  only rows whose names contain one of the words; writes nothing

const WARM_UP_REQUESTS = 8_000;
const COUNTED_REQUESTS = 2_000;
const CONNECTIONS = 2;

// Under callgrind a second holds some forty requests and not thousands, and with them its share of a hand-over of what
// was counted. So counting and handing on are told apart: rows that never hand on, and one that does so every second.
const UNCOUNTED = 'ours, repeating, timers watched';
const COUNTED = '… and counted';
const HANDED_ON = '… and handed on every second';
// Two processes of one Worker differ by some percent, more than counting takes. So it is also counted in a loop.
const MADE = `the events of ${LOOPED} requests, made`;
const MADE_AND_COUNTED = '… and also counted';

if (!CALLGRIND_INSTALLED) {
  console.log('valgrind is not installed, so nothing can be counted');
  process.exit(1);
}
console.log('building the Worker …');
const folder = await mkdtemp(join(tmpdir(), 'portcullis-instructions-'));
const tokens = await loadTokens(20_000, (line) => console.log(line));
const origin = await startScript('origin.ts');
const jwks = await startScript('jwks.ts');
const load = new Load();
const at: Surroundings = {
  folder,
  originUrl: `http://127.0.0.1:${origin.port}`,
  jwksUri: `http://127.0.0.1:${jwks.port}/jwks`,
  redis: undefined,
  tokens,
  gatewayModule: await bundleGateway(),
  runtime: callgrind(folder),
};
const hot = repeating(at, 'RS256');
const rs = unique(at, 'RS256');

const rows: readonly [name: string, start: () => Promise<Server>, credentials: readonly string[]][] = [
  ['pass-through', () => startContender(at, 'pass-through'), hot],
  ['same headers', () => startContender(at, 'same-headers'), hot],
  ['same runtime calls, no policy', () => startContender(at, 'same-calls'), hot],
  ['… past the cache by `no-store`', () => startContender(at, 'same-calls', 'no-store'), hot],
  ['… with the cache asked', () => startContender(at, 'same-calls', 'cache'), hot],
  ['ours, repeating', () => startGateway(at, 'repeating'), hot],
  ['ours, repeating, cookie', () => startGateway(at, 'cookie', COOKIE_SOURCE), hot.map(inCookie)],
  ['ours, repeating, composed requirement', () => startGateway(at, 'composed', COMPOSED_REQUIREMENT), hot],
  ['ours, repeating, signed identity', () => startGateway(at, 'signed', { signedIdentity: true }), hot],
  [UNCOUNTED, () => startGateway(at, 'uncounted', { handOverSeconds: NEVER }), hot],
  [COUNTED, () => startGateway(at, 'counted', { counted: true, handOverSeconds: NEVER }), hot],
  [HANDED_ON, () => startGateway(at, 'handed-on', { counted: true, handOverSeconds: 1 }), hot],
  [MADE, () => startCounting(at, false), hot],
  [MADE_AND_COUNTED, () => startCounting(at, true), hot],
  ['ours, repeating, 1,001 routes', () => startGateway(at, 'routes', { routes: 1_000 }), hot],
  ['ours, repeating, 51 issuers', () => startGateway(at, 'issuers', { issuers: 50 }), hot],
  ['floor, unique RS256', () => startContender(at, 'floor'), rs],
  ['Hono + jose, unique RS256', () => startContender(at, 'hono-jose'), rs],
  ['ours, unique RS256', () => startGateway(at, 'rs256'), rs],
  ['floor, unique ES256', () => startContender(at, 'floor'), unique(at, 'ES256')],
  ['ours, unique ES256', () => startGateway(at, 'es256'), unique(at, 'ES256')],
];

interface Row {
  /** Instructions a request. */
  readonly each: number;
  readonly requests: number;
  /** Of the window that was counted. */
  readonly seconds: number;
}
const counts = new Map<string, Row>();

const lines = ['| row | thousand instructions a request | against the pass-through |', '|---|---|---|'];
console.log(lines.join('\n'));
let passThrough: number | undefined;
const words = process.argv.slice(2);
const asked = rows.filter(([name]) => words.length === 0 || words.some((word) => name.includes(word)));
for (const [name, start, credentials] of asked) {
  const server = await start();
  let cursor = 0;
  let answered = 0;
  const send = async (requests: number) => {
    const until = answered + requests;
    while (answered < until) {
      const report = await load.run({
        port: server.port,
        tokens: answered === 0 ? credentials : undefined,
        from: cursor,
        connections: CONNECTIONS,
        seconds: 0.5,
      });
      if (Object.keys(report.statuses).join() !== '200') {
        throw new Error(`${name}: ${JSON.stringify(report.statuses)}`);
      }
      cursor = report.next;
      answered += report.requests;
    }
  };
  await send(WARM_UP_REQUESTS);
  const before = answered;
  let seconds = 0;
  const counted = await instructions(server, async () => {
    const began = performance.now();
    await send(COUNTED_REQUESTS);
    seconds = (performance.now() - began) / 1e3;
  });
  const requests = answered - before;
  const each = counted / requests;
  counts.set(name, { each, requests, seconds });
  passThrough ??= each;
  lines.push(`| ${name} | ${Math.round(each / 1e3)} | ${(each / passThrough).toFixed(2)} |`);
  console.log(lines.at(-1));
}
const [made, madeAndCounted] = [MADE, MADE_AND_COUNTED].map((name) => counts.get(name));
if (made !== undefined && madeAndCounted !== undefined) {
  const each = (madeAndCounted.each - made.each) / LOOPED;
  lines.push('', `Counting an event takes ${Math.round(each)} instructions in a loop.`);
  console.log(lines.at(-1));
}
const [uncounted, countedRow, handedOn] = [UNCOUNTED, COUNTED, HANDED_ON].map((name) => counts.get(name));
if (uncounted !== undefined && countedRow !== undefined && handedOn !== undefined) {
  const counting = countedRow.each - uncounted.each;
  const handOver = ((handedOn.each - countedRow.each) * handedOn.requests) / handedOn.seconds;
  lines.push(
    '',
    `Counting takes ${(counting / 1e3).toFixed(1)} thousand of a request, ${((100 * counting) / uncounted.each).toFixed(1)} %. ` +
      `A hand-over takes some ${Math.round(handOver / 1e3)} thousand, however many requests it tells of.`,
  );
  console.log(lines.at(-1));
}
if (words.length === 0)
  await writeFile(join(import.meta.dirname, 'results', 'instructions.md'), `${lines.join('\n')}\n`);
load.stop();
await rm(folder, { recursive: true, force: true });
process.exit(0);
