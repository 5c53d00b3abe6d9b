import { writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { startProgram } from '../processes.ts';
import { AUDIENCE, ISSUER } from '../tokens.ts';
import { type External, freePort, rsaKey, SCOPE } from './contender.ts';

const PACKAGES = ['fastify', '@fastify/http-proxy', 'fast-jwt'];
const SERVER = join(import.meta.dirname, 'fastify-server.js');

/** The same as workerd is given (workers.ts). */
const V8_FLAGS = ['--min-semi-space-size=32', '--max-semi-space-size=32'];

/** Without `cache` every request pays for its signature, as with unique tokens it does anyway. */
const contender = (name: string, cache: boolean | number): External => ({
  name,
  installed() {
    const { resolve } = createRequire(SERVER);
    try {
      return PACKAGES.every((one) => resolve(one) !== '');
    } catch {
      return false;
    }
  },
  async start(folder, { originPort, jwks, verify }) {
    const port = await freePort();
    const file = join(folder, `fastify-${port}.json`);
    const policy = { key: rsaKey(jwks).pem, issuer: ISSUER, audience: AUDIENCE, scope: SCOPE, cache };
    const origin = `http://127.0.0.1:${originPort}`;
    await writeFile(file, JSON.stringify({ port, origin, policy: verify ? policy : undefined }));
    const env = { NODE_ENV: 'production' };
    return startProgram(process.execPath, [...V8_FLAGS, SERVER, file], { port, env });
  },
});

export const fastify = contender('Fastify + fast-jwt', false);
export const fastifyCached = contender('Fastify + fast-jwt with its cache', 5_000);
