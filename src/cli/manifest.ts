import { readFileSync } from 'node:fs';

/** This package's own package.json, which lies two folders above in the sources as in what is compiled. */
export const ownManifest = (): {
  readonly version: string;
  readonly devDependencies: Readonly<Record<string, string>>;
} => JSON.parse(readFileSync(new URL('../../package.json', import.meta.url), 'utf8'));
