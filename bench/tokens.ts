import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exportJWK, generateKeyPair, type JWK, SignJWT } from 'jose';

export const ISSUER = 'https://issuer.example/';
export const AUDIENCE = 'https://api.example/';
export const ALGORITHMS = ['RS256', 'ES256', 'EdDSA'] as const;
export type BenchAlgorithm = (typeof ALGORITHMS)[number];

export interface TokenFile {
  readonly jwks: { readonly keys: readonly JWK[] };
  readonly tokens: Readonly<Record<BenchAlgorithm, readonly string[]>>;
  readonly expires: number;
}

const FOLDER = join(import.meta.dirname, '.cache');
const FILE = join(FOLDER, 'tokens.json');
const YEAR = 365 * 86_400;

/** `count` distinct tokens for each algorithm, made once and kept beside this file; the private keys are not. */
export async function loadTokens(count: number, progress: (line: string) => void): Promise<TokenFile> {
  const kept = await readKept(count);
  if (kept !== undefined) return kept;
  const now = Math.floor(Date.now() / 1000);
  const keys: JWK[] = [];
  const tokens: Record<BenchAlgorithm, string[]> = { RS256: [], ES256: [], EdDSA: [] };
  for (const algorithm of ALGORITHMS) {
    progress(`signing ${count} ${algorithm} tokens (once)`);
    const { publicKey, privateKey } = await generateKeyPair(algorithm, { extractable: true });
    const kid = `bench-${algorithm.toLowerCase()}`;
    keys.push({ ...(await exportJWK(publicKey)), kid, alg: algorithm, use: 'sig' });
    tokens[algorithm] = await Promise.all(
      Array.from({ length: count }, (_, index) =>
        new SignJWT({
          scope: 'orders:read orders:write profile',
          client_id: 'bench-client',
          sid: `session-${index % 1000}`,
          roles: ['editor', 'auditor'],
          org: { tenant_id: `tenant-${index % 50}` },
        })
          .setProtectedHeader({ alg: algorithm, kid, typ: 'JWT' })
          .setIssuer(ISSUER)
          .setAudience(AUDIENCE)
          .setSubject(`user-${index}`)
          .setJti(`${algorithm}-${index}-${crypto.randomUUID()}`)
          .setIssuedAt(now)
          .setExpirationTime(now + YEAR)
          .sign(privateKey),
      ),
    );
  }
  const file: TokenFile = { jwks: { keys }, tokens, expires: now + YEAR };
  await mkdir(FOLDER, { recursive: true });
  await writeFile(FILE, JSON.stringify(file));
  return file;
}

async function readKept(count: number): Promise<TokenFile | undefined> {
  try {
    const file = JSON.parse(await readFile(FILE, 'utf8')) as TokenFile;
    const enough = ALGORITHMS.every((algorithm) => file.tokens[algorithm].length >= count);
    return enough && file.expires > Date.now() / 1000 + 30 * 86_400 ? file : undefined;
  } catch {
    return undefined;
  }
}
