import { resolve } from 'node:path';
import { setTimeout as wait } from 'node:timers/promises';
import { readArguments } from '../src/cli/arguments.ts';
import { EXIT, UsageError } from '../src/cli/command.ts';
import { workerAddress, workerFile } from '../src/cli/dev/worker-address.ts';
import { addressesFrom, parsePort } from './addresses.ts';
import { type Demo, demoToken, NoToken } from './demo-token.ts';

const USAGE = `Calls the demo's gateway for a while, well and badly, so that its console has something to show.

  npm run traffic -- [options]

  --seconds 60    for how long, at most 600; about ten requests a second
  --port 8787     where npm run dev has been told to start`;

const PAUSE_MS = 100;

interface Kind {
  readonly path: string;
  readonly method?: string;
  readonly token?: string;
}

async function main(): Promise<void> {
  const { values } = readArguments(process.argv.slice(2), {
    seconds: { type: 'string', default: '60' },
    port: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help) return console.log(USAGE);
  const seconds = /^\d{1,3}$/.test(values.seconds) ? Number(values.seconds) : 0;
  if (seconds < 1 || seconds > 600) {
    throw new UsageError(`--seconds: expected a number from 1 to 600, found "${values.seconds}"`);
  }
  const demo = { root: resolve(import.meta.dirname, '..'), addresses: addressesFrom(parsePort(values.port)) };
  const { url } = workerAddress(workerFile(demo.root, 'wrangler'), demo.addresses.gateway);
  const kinds = await kindsOf(demo);
  const answers = new Map<number, number>();
  const until = performance.now() + seconds * 1e3;
  for (let sent = 0; performance.now() < until; sent++) {
    const { path, method = 'GET', token } = kinds[sent % kinds.length] ?? { path: '/' };
    const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
    const { status, body } = await fetch(`${url}${path}`, { method, headers, redirect: 'manual' });
    await body?.cancel();
    answers.set(status, (answers.get(status) ?? 0) + 1);
    await wait(PAUSE_MS);
  }
  const told = [...answers].sort(([a], [b]) => a - b).map(([status, count]) => `${count} × ${status}`);
  console.log(`Answered: ${told.join(', ')}`);
}

/** Mostly good ones. */
async function kindsOf(demo: Demo): Promise<readonly Kind[]> {
  const audience = `http://localhost:${demo.addresses.gateway}`;
  const ask = (scope: string) => demoToken(demo, { subject: 'user-1', audience, scope });
  const [good, elsewhere, forAdmins] = await Promise.all([
    ask('orders:read'),
    ask('orders:write'),
    demoToken(demo, { subject: 'user-1', audience: `http://localhost:${demo.addresses.control}` }),
  ]);
  const times = (count: number, kind: Kind) => Array.from({ length: count }, () => kind);
  return [
    ...Array.from({ length: 30 }, (_, i) => ({ path: `/orders/${i}`, token: good })),
    ...times(7, { path: '/public/hello' }),
    ...times(6, { path: '/orders/1' }),
    ...times(4, { path: '/orders/5', token: forged(good) }),
    ...times(3, { path: '/orders/3', token: elsewhere }),
    ...times(2, { path: '/orders/4', token: forAdmins }),
    ...times(2, { path: '/profile/me', method: 'POST', token: good }),
    { path: '/orders/2', token: 'not.a.token' },
    { path: '/nowhere' },
  ].sort(byChance);
}

const byChance = (): number => Math.random() - 0.5;

/** The same token with another signature, of the right length. */
const forged = (token: string): string => `${token.slice(0, token.lastIndexOf('.'))}.${'A'.repeat(86)}`;

try {
  await main();
} catch (error) {
  const refused = error instanceof TypeError ? new NoToken('The gateway does not answer.') : error;
  if (!(refused instanceof NoToken || refused instanceof UsageError)) throw error;
  console.error(refused instanceof UsageError ? `${refused.message}\n\n${USAGE}` : refused.message);
  process.exitCode = refused instanceof UsageError ? EXIT.usage : EXIT.failed;
}
