import { randomBytes } from 'node:crypto';
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export const secret = (): string => randomBytes(24).toString('base64url');

/** Readable by this user only, and removed with the stack: nobody's `.dev.vars` is touched. */
export async function writeSecrets(
  directory: string,
  name: string,
  secrets: Readonly<Record<string, string>>,
): Promise<string> {
  const file = join(directory, `${name}.env`);
  await mkdir(directory, { recursive: true, mode: 0o700 });
  const lines = Object.entries(secrets).map(([key, value]) => `${key}=${value}\n`);
  await writeFile(file, lines.join(''), { mode: 0o600 });
  return file;
}

/** A secret that stays with the state beside it: what it has sealed is to be read at the next start. */
export async function keptSecret(file: string): Promise<string> {
  const kept = await readFile(file, 'utf8').catch(() => undefined);
  if (kept !== undefined) return kept;
  const made = secret();
  await mkdir(dirname(file), { recursive: true });
  await writeFile(file, made, { mode: 0o600, flag: 'wx' });
  return made;
}
