import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';

const root = resolve(import.meta.dirname, '../..');

interface Package {
  readonly version?: string;
  readonly integrity?: string;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly devDependencies?: Readonly<Record<string, string>>;
  readonly optionalDependencies?: Readonly<Record<string, string>>;
  readonly peerDependencies?: Readonly<Record<string, string>>;
  readonly peerDependenciesMeta?: Readonly<Record<string, { readonly optional?: boolean }>>;
}

const read = (file: string): string => readFileSync(join(root, file), 'utf8');
const manifest: Package = JSON.parse(read('package.json'));
const lock: { readonly packages: Readonly<Record<string, Package>> } = JSON.parse(read('package-lock.json'));

/** Where Node would look for `name` from `place`, innermost first. */
function* lookups(place: string, name: string): Generator<string> {
  for (let at = place; ; at = at.slice(0, Math.max(0, at.lastIndexOf('/node_modules/')))) {
    yield `${at}${at === '' ? '' : '/'}node_modules/${name}`;
    if (at === '') return;
  }
}

/** What a package wants and the lock does not hold. */
function missing(packages: typeof lock.packages): readonly string[] {
  return Object.entries(packages).flatMap(([place, each]) => {
    const peers = Object.keys(each.peerDependencies ?? {}).filter(
      (name) => each.peerDependenciesMeta?.[name]?.optional !== true,
    );
    const wanted = new Set([
      ...Object.keys({ ...each.dependencies, ...each.devDependencies, ...each.optionalDependencies }),
      ...peers,
    ]);
    return [...wanted]
      .filter((name) => ![...lookups(place, name)].some((at) => at in packages))
      .map((name) => `${place || 'package.json'} wants ${name}`);
  });
}

describe('package-lock.json', () => {
  it('holds every package that any package in it wants, those of other systems as well', () => {
    expect(missing(lock.packages)).toEqual([]);
  });

  it.each([
    ['linux-x64', 'linux-64'],
    ['linux-arm64', 'linux-arm64'],
    ['linux-x64-musl', 'linux-64'],
    ['linux-arm64-musl', 'linux-arm64'],
    ['darwin-x64', 'darwin-64'],
    ['darwin-arm64', 'darwin-arm64'],
    ['win32-x64', 'windows-64'],
  ])('would not be complete without the binaries of %s', (biome, workerd) => {
    for (const binary of [`@biomejs/cli-${biome}`, `@cloudflare/workerd-${workerd}`]) {
      const { [`node_modules/${binary}`]: gone, ...rest } = lock.packages;
      expect(gone?.integrity, binary).toMatch(/^sha512-/);
      expect(missing(rest).join()).toContain(` wants ${binary}`);
    }
  });

  it('was made from package.json as it stands', () => {
    const { dependencies, devDependencies } = lock.packages[''] ?? {};
    expect({ dependencies, devDependencies }).toEqual({
      dependencies: manifest.dependencies,
      devDependencies: manifest.devDependencies,
    });
  });

  it('names each package by its exact version and content, whatever registry it came from', () => {
    const { '': _root, ...packages } = lock.packages;
    for (const [place, each] of Object.entries(packages)) {
      expect(each, place).toMatchObject({ integrity: expect.stringMatching(/^sha512-/) });
      expect(each, place).not.toHaveProperty('resolved');
    }
    for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies })) {
      expect(version, name).toBe(lock.packages[`node_modules/${name}`]?.version);
    }
  });
});

describe('.gitignore', () => {
  it.each(['', '.local', '.production', '.production.local'])('keeps .env%s out', (ending) => {
    const files = [`.env${ending}`, `.dev.vars${ending}`];
    expect(execFileSync('git', ['check-ignore', ...files], { cwd: root, encoding: 'utf8' })).toBe(
      `${files.join('\n')}\n`,
    );
  });
});

describe('what is deployed', () => {
  const files = readdirSync(root).filter((name) => /^wrangler.*\.toml$/.test(name));

  it.each(files)('%s opens no door but the routes one gives it', (file) => {
    expect(parse(read(file))).toMatchObject({ workers_dev: false, preview_urls: false });
  });
});
