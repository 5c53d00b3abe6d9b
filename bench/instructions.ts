import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CALLGRIND_INSTALLED, callgrind, instructions } from './callgrind.ts';
import {
  COMPOSED_REQUIREMENT,
  COOKIE_SOURCE,
  inCookie,
  repeating,
  type Surroundings,
  startContender,
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

const WARM_UP_REQUESTS = 8_000;
const COUNTED_REQUESTS = 2_000;
const CONNECTIONS = 2;

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
  ['ours, repeating, counted', () => startGateway(at, 'counted', { counted: true }), hot],
  ['ours, repeating, 1,001 routes', () => startGateway(at, 'routes', { routes: 1_000 }), hot],
  ['ours, repeating, 51 issuers', () => startGateway(at, 'issuers', { issuers: 50 }), hot],
  ['floor, unique RS256', () => startContender(at, 'floor'), rs],
  ['Hono + jose, unique RS256', () => startContender(at, 'hono-jose'), rs],
  ['ours, unique RS256', () => startGateway(at, 'rs256'), rs],
  ['floor, unique ES256', () => startContender(at, 'floor'), unique(at, 'ES256')],
  ['ours, unique ES256', () => startGateway(at, 'es256'), unique(at, 'ES256')],
];

const lines = ['| row | thousand instructions a request | against the pass-through |', '|---|---|---|'];
console.log(lines.join('\n'));
let passThrough: number | undefined;
for (const [name, start, credentials] of rows) {
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
  const counted = await instructions(server, () => send(COUNTED_REQUESTS));
  const each = counted / (answered - before);
  passThrough ??= each;
  lines.push(`| ${name} | ${Math.round(each / 1e3)} | ${(each / passThrough).toFixed(2)} |`);
  console.log(lines.at(-1));
}
await writeFile(join(import.meta.dirname, 'results', 'instructions.md'), `${lines.join('\n')}\n`);
load.stop();
await rm(folder, { recursive: true, force: true });
process.exit(0);
