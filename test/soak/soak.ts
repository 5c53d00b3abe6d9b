import { readFileSync } from 'node:fs';
import { argumentsOrExit } from '../../src/cli/arguments.ts';
import { issuerTable } from '../fixtures/deployment.ts';
import { startIssuer } from '../fixtures/issuer.ts';
import { startOrigin } from '../fixtures/origin.ts';
import { exchange, type RawResponse, rawRequest, requestBytes } from '../fixtures/raw-http.ts';
import { readings } from '../fixtures/readings.ts';
import { type Gateway, startGateway } from '../fixtures/workerd.ts';
import { randomFrom, randomRequest } from './requests.ts';

/**
 * Sends random requests, well-formed and not, to the built Worker for a while and looks for what must never be: a
 * request behind the token that no token opened, a request at an origin in another place than it was decided for, an
 * answer with a 5xx of the gateway's own, growing memory. `--seed` repeats a run's requests.
 */
const values = argumentsOrExit(
  { seconds: { type: 'string' }, seed: { type: 'string' } },
  'npm run test:soak -- --seconds 20 --seed 1',
);
const seconds = Number(values.seconds ?? 20);
const seed = Number(values.seed ?? Date.now() % 1_000_000);
const CLIENTS = 12;
const MOST_RESIDENT_MB = 400;

const [open, guarded, issuer] = await Promise.all([startOrigin(), startOrigin(), startIssuer()]);
const behindToken = {
  origin: guarded.url,
  issuers: ['main'],
  headers: { 'X-User-Id': 'sub' },
  revocation: { mode: 'off' },
};
const gateway = await startGateway({
  vars: {
    ISSUERS: { main: issuerTable(issuer) },
    ROUTES: {
      public: { path: '/public/*', origin: open.url, authentication: 'none' },
      inner: { ...behindToken, path: '/public/inner/*' },
      orders: { ...behindToken, path: '/orders/*' },
      guarded: { ...behindToken, path: '/*', host: 'guarded.test' },
    },
  },
});

const violations: string[] = [];
const statuses = new Map<number, number>();
const issued = new Set<string>();
const seen = { open: 0, guarded: 0 };
let sent = 0;

async function client(random: () => number, until: number): Promise<void> {
  while (Date.now() < until && violations.length === 0) {
    const subject = random() < 0.3 ? `subject-${sent}` : undefined;
    if (subject !== undefined) issued.add(subject);
    const token = subject === undefined ? undefined : await issuer.sign({ sub: subject });
    const bytes = randomRequest(random, token);
    sent += 1;
    const responses = await exchange(gateway.port, bytes, { timeoutMs: 100 }).catch((): RawResponse[] => []);
    for (const response of responses) judge(response, bytes);
    judgeOrigins(bytes);
  }
}

function judge(response: RawResponse, bytes: string) {
  statuses.set(response.status, (statuses.get(response.status) ?? 0) + 1);
  const own = response.header('content-type') === 'application/problem+json';
  // A body that breaks off while it streams breaks the request to the origin, which cannot be told from its failure.
  const broken = response.status === 502 && /chunked|content-length/i.test(bytes);
  if (own && response.status >= 500 && !broken) violate(`answered ${response.status}`, bytes);
}

function judgeOrigins(bytes: string) {
  for (const request of guarded.received.slice(seen.guarded)) {
    const [subject] = request.values('x-user-id');
    if (subject === undefined || !issued.has(subject)) violate(`${request.target} behind the token`, bytes);
  }
  for (const request of open.received.slice(seen.open)) {
    const inside = readings(request.target).every((path) => /^\/public(\/(?!inner(\/|$))|$)/i.test(path));
    const identity = request.headers.some(([name]) => /^x[^a-z0-9]user[^a-z0-9]id$/i.test(name));
    if (!inside || identity || request.values('authorization').length > 0) {
      violate(`${request.target} at the open origin`, bytes);
    }
  }
  seen.guarded = guarded.received.length;
  seen.open = open.received.length;
}

function violate(what: string, bytes: string) {
  violations.push(`${what}, about when this was sent:\n${JSON.stringify(bytes)}`);
}

function residentMb({ pid }: Gateway): number {
  const pages = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return Math.round(Number(pages) / 1024);
}

const before = process.platform === 'linux' ? residentMb(gateway) : 0;
const until = Date.now() + seconds * 1_000;
await Promise.all(Array.from({ length: CLIENTS }, (_, index) => client(randomFrom(seed + index), until)));
const after = process.platform === 'linux' ? residentMb(gateway) : 0;
if (after > MOST_RESIDENT_MB) violations.push(`workerd holds ${after} MB`);
const token = await issuer.sign();
const last = await rawRequest(
  gateway.port,
  requestBytes('GET', '/orders/1', [
    ['Host', 'api.test'],
    ['Authorization', `Bearer ${token}`],
  ]),
);
if (last.status !== 200) violations.push(`at the end a valid request is answered ${last.status}`);
await gateway.stop();
await Promise.all([open.stop(), guarded.stop(), issuer.stop()]);

const counts = [...statuses].sort(([a], [b]) => a - b).map(([status, count]) => `${status}: ${count}`);
console.log(`seed ${seed}: ${sent} requests in ${seconds} s; answers ${counts.join(', ')}`);
console.log(
  `at origins: ${open.received.length} open, ${guarded.received.length} by token; memory ${before} → ${after} MB`,
);
for (const violation of violations) console.error(`VIOLATION: ${violation}`);
process.exitCode = violations.length === 0 ? 0 : 1;
