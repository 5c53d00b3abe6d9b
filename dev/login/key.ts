import { mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { calculateJwkThumbprint, exportJWK, generateKeyPair, type JWK } from 'jose';
import { z } from 'zod';

/** The private key of the demo's logins: the provider signs with it, and the login backend that `npm run token` plays. */
export type LoginKey = z.infer<typeof schema>;

const schema = z.object({
  kty: z.literal('EC'),
  crv: z.literal('P-256'),
  x: z.string(),
  y: z.string(),
  d: z.string(),
  kid: z.string(),
  alg: z.literal('ES256'),
  use: z.literal('sig'),
});

/** In the repository, by the port of the gateway: where the demo's other commands look, whatever `--state` says. */
const fileFor = (root: string, port: number): string => join(root, '.wrangler/demo', `${port}.json`);

/** Makes a key and leaves it where this user alone can read it; `remove` takes it away again. */
export async function makeLoginKey(
  root: string,
  port: number,
): Promise<{ readonly key: LoginKey; readonly remove: () => Promise<void> }> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = await exportJWK(privateKey);
  const kid = await calculateJwkThumbprint(jwk);
  const key = schema.parse({ ...jwk, kid, alg: 'ES256', use: 'sig' });
  const file = fileFor(root, port);
  await mkdir(dirname(file), { recursive: true, mode: 0o700 });
  // `mode` counts for a new file alone, and one may have been left behind.
  await rm(file, { force: true });
  await writeFile(file, JSON.stringify(key), { mode: 0o600, flag: 'wx' });
  return { key, remove: () => rm(file, { force: true }) };
}

/** Undefined where no demo has left one. */
export async function readLoginKey(root: string, port: number): Promise<LoginKey | undefined> {
  const text = await readFile(fileFor(root, port), 'utf8').catch(() => undefined);
  return text === undefined ? undefined : schema.parse(JSON.parse(text));
}

/** RFC 7517 §5: what others may know of it. */
export function publicJwks({ d: _, ...jwk }: LoginKey): { readonly keys: readonly JWK[] } {
  return { keys: [jwk] };
}
