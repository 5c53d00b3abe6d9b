/**
 * How often N cold isolates of one place fetch the issuer's JWKS, with and without the second level.
 * `node bench/jwks-cold-isolates.ts [N]`. N Workers, each an isolate of its own, in one bare workerd; issuer and
 * cache are servers of this process. Loopback only.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import type { IncomingMessage, RequestListener, ServerResponse } from 'node:http';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { build } from 'esbuild';
import { exportJWK, generateKeyPair } from 'jose';

const COUNT = Number(process.argv[2] ?? 100);
const ISSUER_DELAY_MS = 50;

/** A gateway reduced to its keys: 200 with a key, else the reason. */
const WORKER = `
import { createKeySource } from './src/keys/key-source.ts';
import { createCacheApiStore } from './src/sealed-cache/cache-api-store.ts';
import { createSealedCache } from './src/sealed-cache/sealed-cache.ts';
let keys, provider;
export default {
  async fetch(request, env, ctx) {
    if (keys === undefined) {
      const pins = { allowedKids: undefined, allowedThumbprints: undefined, blockedKids: new Set() };
      const source = { ...env.ISSUER.source, pins };
      provider = { ...env.ISSUER, algorithms: new Set(['ES256']), source };
      const shared = { store: createCacheApiStore(caches), secret: 'bench', purpose: 'jwks' };
      keys = createKeySource([provider], {
        fetch: (url, init) => fetch(url, init),
        clock: () => Date.now() / 1000,
        secrets: new Map(),
        jitter: Math.random,
        archive: env.SECOND_LEVEL ? createSealedCache(shared) : undefined,
      });
    }
    const kid = new URL(request.url).searchParams.get('kid');
    const context = { now: Date.now() / 1000, waitUntil: (work) => ctx.waitUntil(work), emit: () => {} };
    const answer = await keys.keysFor(provider, { alg: 'ES256', kid }, context);
    return new Response(answer.ok ? 'ok' : answer.error.reason, { status: answer.ok ? 200 : 500 });
  },
};`;

interface Server {
  readonly address: string;
  readonly close: () => void;
}

const serve = async (listener: RequestListener): Promise<Server> => {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    address,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
};

/** The part of a colo's cache that workerd speaks to: PUT holds a whole HTTP response, GET hands it back. */
const cacheServer = (): Promise<Server> => {
  const entries = new Map<string, Buffer>();
  return serve(async (request: IncomingMessage, response: ServerResponse) => {
    const name = `${request.headers['cf-cache-namespace']} ${request.url}`;
    if (request.method === 'PUT') {
      const chunks: Buffer[] = [];
      for await (const chunk of request) chunks.push(chunk);
      const whole = Buffer.concat(chunks);
      entries.set(name, whole.subarray(whole.indexOf('\r\n\r\n') + 4));
      response.writeHead(204).end();
      return;
    }
    const body = entries.get(name);
    if (body === undefined) response.writeHead(504, { 'cf-cache-status': 'MISS' }).end();
    else
      response
        .writeHead(200, { 'cf-cache-status': 'HIT', 'content-type': 'application/octet-stream' })
        .end(body);
  });
};

const configuration = (issuer: string, cache: string, secondLevel: boolean): string => {
  const jwksUri = `http://${issuer}/jwks`;
  const policy = {
    name: 'bench',
    issuer: `http://${issuer}`,
    source: {
      from: 'remote',
      jwksUri,
      discovery: 'openid',
      cache: {
        maxAgeSeconds: 600,
        minFreshSeconds: 30,
        maxFreshSeconds: 3_600,
        staleWhileRevalidateSeconds: 600,
        staleIfErrorSeconds: 14_400,
        cooldownSeconds: 30,
        timeoutMs: 3_000,
        maxBytes: 262_144,
        maxKeys: 50,
      },
    },
  };
  const numbers = Array.from({ length: COUNT }, (_, index) => index);
  return `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [
    (name = "cache", external = (address = "${cache}", http = ())),
    (name = "internet", network = (allow = ["private", "local"])),
    ${numbers.map((index) => `(name = "w${index}", worker = .gateway)`).join(',\n    ')}
  ],
  sockets = [
    ${numbers.map((index) => `(name = "s${index}", address = "127.0.0.1:0", http = (), service = "w${index}")`).join(',\n    ')}
  ],
);
const gateway :Workerd.Worker = (
  modules = [(name = "worker.js", esModule = embed "worker.js")],
  compatibilityDate = "2026-11-01",
  cacheApiOutbound = "cache",
  bindings = [
    (name = "ISSUER", json = ${JSON.stringify(JSON.stringify(policy))}),
    (name = "SECOND_LEVEL", json = "${secondLevel}"),
  ],
);
`;
};

/** Starts workerd and resolves with the port of every isolate. */
const startIsolates = async (folder: string) => {
  const binary = createRequire(import.meta.url)('workerd') as { default: string };
  const child = spawn(binary.default, ['serve', '--control-fd=3', join(folder, 'config.capnp'), 'config'], {
    stdio: ['ignore', 'inherit', 'inherit', 'pipe'],
  });
  const ports: number[] = [];
  await new Promise<void>((resolve) => {
    let text = '';
    (child.stdio[3] as Readable).setEncoding('utf8').on('data', (chunk: string) => {
      const lines = (text + chunk).split('\n');
      text = lines.pop() ?? '';
      for (const line of lines) ports.push((JSON.parse(line) as { port: number }).port);
      if (ports.length === COUNT) resolve();
    });
  });
  return { ports, stop: () => child.kill('SIGKILL') };
};

const ask = async (port: number, kid: string): Promise<boolean> => {
  const response = await fetch(`http://127.0.0.1:${port}/?kid=${kid}`);
  await response.arrayBuffer();
  return response.ok;
};

const oneByOne = async (ports: readonly number[], kid: string): Promise<boolean[]> => {
  const answers = [];
  for (const port of ports) answers.push(await ask(port, kid));
  return answers;
};

const overTwoSeconds = (ports: readonly number[], kid: string): Promise<boolean[]> =>
  Promise.all(
    ports.map(async (port) => {
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 2_000));
      return ask(port, kid);
    }),
  );

const ARRIVALS = {
  'one by one': oneByOne,
  'over two seconds': overTwoSeconds,
  'all at once': (ports: readonly number[], kid: string) => Promise.all(ports.map((port) => ask(port, kid))),
};

/** Fetches at the issuer for one pattern of arrival on isolates that have done nothing yet. */
const measure = async (folder: string, secondLevel: boolean, arrival: keyof typeof ARRIVALS) => {
  let fetches = 0;
  const { publicKey } = await generateKeyPair('ES256', { extractable: true });
  const body = JSON.stringify({ keys: [{ ...(await exportJWK(publicKey)), kid: 'a', alg: 'ES256' }] });
  const issuer = await serve((_request, response) => {
    fetches += 1;
    setTimeout(() => response.end(body), ISSUER_DELAY_MS);
  });
  const cache = await cacheServer();
  await writeFile(join(folder, 'config.capnp'), configuration(issuer.address, cache.address, secondLevel));
  const isolates = await startIsolates(folder);
  try {
    const { ports } = isolates;
    const answers = await ARRIVALS[arrival](ports, 'a');
    const cold = fetches;
    await oneByOne(ports, 'unknown');
    return {
      'second level': secondLevel ? 'on' : 'off',
      arrival,
      'answered 200': answers.filter(Boolean).length,
      'fetches, cold': cold,
      'fetches, then one unknown kid each': fetches - cold,
    };
  } finally {
    isolates.stop();
    issuer.close();
    cache.close();
  }
};

const folder = await mkdtemp(join(tmpdir(), 'portcullis-isolates-'));
try {
  await build({
    stdin: { contents: WORKER, resolveDir: join(import.meta.dirname, '..'), loader: 'ts' },
    bundle: true,
    format: 'esm',
    target: 'esnext',
    outfile: join(folder, 'worker.js'),
  });
  const rows = [];
  for (const secondLevel of [false, true]) {
    for (const arrival of ['one by one', 'over two seconds', 'all at once'] as const) {
      rows.push(await measure(folder, secondLevel, arrival));
    }
  }
  console.log(`${COUNT} cold isolates, issuer answers after ${ISSUER_DELAY_MS} ms`);
  console.table(rows);
} finally {
  await rm(folder, { recursive: true, force: true });
}
