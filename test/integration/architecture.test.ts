import { readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { type Import, roomOf, type SourceFile, sourceFiles } from '../fixtures/source-files.ts';

const files = sourceFiles('src');

/** Folders that are entries of their own: they wire rooms together and no room knows them. */
const COMPOSITION = new Set(['gateway', 'control', 'token-service', 'cli', 'console']);
/** What several Workers need of several rooms at once: it stands below the entries and above the rooms. */
const DECISION = 'decision';
/** What the runtime itself calls into: a Durable Object's class is as much an entry as a Worker. */
const ENTRIES = new Set([
  'src/gateway/worker.ts',
  'src/gateway/identity-keys-object.ts',
  'src/gateway/create-gateway.ts',
  'src/control/worker.ts',
  'src/token-service/worker.ts',
  'src/token-service/keyring/keyring-object.ts',
  'src/token-service/grants/grant-object.ts',
  'src/token-service/grants/grant-index-object.ts',
  'src/revocation-store/durable/object.ts',
  'src/metrics/metrics-object.ts',
  'src/control/alarms/alarms-object.ts',
]);

/** Made by dev/console.ts. */
const CONSOLE_BUNDLE = 'src/control/console/bundle.ts';

/** Who may use what at run time, by room or by file. */
const PACKAGE_OWNERS: Readonly<Record<string, readonly string[]>> = {
  hono: ['src/gateway/app.ts', 'src/control/', 'src/token-service/app.ts'],
  '@upstash/redis': ['src/redis/'],
  jose: [
    'src/tokens/',
    'src/keys/',
    'src/origin/',
    'src/control/',
    'src/token-service/',
    'src/signing-keys/',
    'src/cli/',
  ],
  zod: ['src/config/', 'src/control/', 'src/token-service/config/', 'src/cli/'],
  oauth4webapi: ['src/token-service/upstream/', 'src/token-service/login/', 'src/console/login/'],
  preact: ['src/console/'],
  uplot: ['src/console/parts/chart.tsx'],
};

/** A ticket is minted, by a cast, in the room that has done the work it stands for. */
const BRAND_OWNERS: Readonly<Record<string, string>> = {
  VerifiedToken: 'tokens',
  StrippedHeaders: 'origin',
  LiveToken: 'revocation',
  Principal: 'access',
  Allowed: 'decision',
  OriginHeaders: 'origin',
  CanonicalTarget: 'routing',
  RouteMatch: 'routing',
};

const paths = new Set(files.map((file) => file.path));

const offences = (find: (file: SourceFile) => readonly string[]): string[] =>
  files.flatMap((file) => find(file).map((what) => `${file.path}: ${what}`));

const importOffences = (forbidden: (file: SourceFile, what: Import) => boolean): string[] =>
  offences((file) =>
    file.imports.filter((what) => forbidden(file, what)).map((what) => `imports ${what.from}`),
  );

const matches = (
  pattern: RegExp,
  where: 'code' | 'bare' | 'text',
  except: (file: SourceFile) => boolean,
): string[] =>
  offences((file) => (except(file) ? [] : [...file[where].matchAll(pattern)].map(([found]) => found.trim())));

const nowhere = () => false;

/** Each circle of imports once, type-only ones included, from where a search in depth first meets it. */
function cycles(all: readonly Pick<SourceFile, 'path' | 'imports'>[]): string[] {
  const importsOf = new Map(all.map(({ path, imports }) => [path, imports]));
  const done = new Set<string>();
  const found: string[] = [];
  const visit = (path: string, way: readonly string[]): void => {
    const seen = way.indexOf(path);
    if (seen >= 0) found.push([...way.slice(seen), path].join(' → '));
    if (seen >= 0 || done.has(path)) return;
    for (const { from, local } of importsOf.get(path) ?? []) if (local) visit(from, [...way, path]);
    done.add(path);
  };
  for (const { path } of all) visit(path, []);
  return found;
}

describe('dependency direction', () => {
  it('sees the imports of the source, so that the rules below can fail', () => {
    expect(files.length).toBeGreaterThan(20);
    expect(files.flatMap((file) => file.imports).length).toBeGreaterThan(files.length);
    for (const file of files.filter(({ bare }) => /^import\b/m.test(bare))) {
      expect(file.imports.length, file.path).toBe(
        [...file.bare.matchAll(/^(import|export)\b[^;=(]*\bfrom ''/gm)].length,
      );
    }
  });

  it('every relative import names a file that is there', () => {
    expect(
      importOffences((_file, what) => what.local && !paths.has(what.from) && what.from !== CONSOLE_BUNDLE),
    ).toEqual([]);
  });

  it('core imports nothing but core', () => {
    expect(
      importOffences((file, what) => file.room === 'core' && (!what.local || roomOf(what.from) !== 'core')),
    ).toEqual([]);
  });

  it('a room imports core and itself at run time, other rooms only as types', () => {
    expect(
      importOffences(
        (file, what) =>
          !COMPOSITION.has(file.room) &&
          file.room !== DECISION &&
          what.local &&
          !what.typeOnly &&
          ![file.room, 'core'].includes(roomOf(what.from)),
      ),
    ).toEqual([]);
  });

  it('no room imports an entry, and no entry another, but for the command line', () => {
    expect(
      importOffences((file, what) => {
        const to = roomOf(what.from);
        return what.local && COMPOSITION.has(to) && to !== file.room && file.room !== 'cli';
      }),
    ).toEqual([]);
  });

  it('the decision stands between the entries and the rooms', () => {
    expect(
      importOffences((file, what) => {
        const to = roomOf(what.from);
        return what.local && to === DECISION && file.room !== DECISION && !COMPOSITION.has(file.room);
      }),
    ).toEqual([]);
  });

  it('no file imports itself by way of others, not even as a type', () => {
    expect(cycles(files)).toEqual([]);
  });

  it('sees a cycle where there is one', () => {
    const file = (path: string, ...to: string[]) => ({
      path,
      imports: to.map((from) => ({ from, local: true, typeOnly: true, reExport: false })),
    });
    expect(cycles([file('a', 'b'), file('b', 'c'), file('c', 'b'), file('d', 'a')])).toEqual(['b → c → b']);
  });

  it.each(Object.entries(PACKAGE_OWNERS))('%s is imported only by its owners', (name, owners) => {
    const used = files.filter((file) => file.imports.some((what) => what.from === name && !what.typeOnly));
    expect(used.length).toBeGreaterThan(0);
    expect(
      used.map((file) => file.path).filter((path) => !owners.some((owner) => path.startsWith(owner))),
    ).toEqual([]);
  });

  it('every package that the Worker imports has an owner in this table', () => {
    expect(
      importOffences(
        (file, what) =>
          file.room !== 'cli' &&
          !what.local &&
          PACKAGE_OWNERS[what.from] === undefined &&
          !what.from.startsWith('cloudflare:'),
      ),
    ).toEqual([]);
  });

  it('only the command line uses Node, but for one hash without a promise around it', () => {
    expect(importOffences((file, what) => file.room !== 'cli' && what.from.startsWith('node:'))).toEqual([]);
    expect(matches(/\bprocess\s*\.\s*\w+/g, 'bare', (file) => file.room === 'cli')).toEqual([
      'src/core/key-names.ts: process.getBuiltinModule',
    ]);
  });

  it('only entries read env', () => {
    expect(matches(/\benv\b/g, 'bare', (file) => ENTRIES.has(file.path) || file.room === 'cli')).toEqual([]);
  });
});

describe('tickets', () => {
  const declared = files.flatMap((file) =>
    [...file.code.matchAll(/export type (\w+) = Brand</g)].map(([, name]) => String(name)),
  );

  it('every brand has an owner in this table', () => {
    expect(declared.length).toBeGreaterThanOrEqual(Object.keys(BRAND_OWNERS).length);
    expect(declared.filter((name) => BRAND_OWNERS[name] === undefined)).toEqual([]);
  });

  it.each(Object.keys(BRAND_OWNERS))('%s is taken by a stage that did not mint it', (name) => {
    const taking = files.filter(
      (file) =>
        new RegExp(`\\w\\??: ${name}\\b`).test(file.bare) && !new RegExp(`\\bas ${name}\\b`).test(file.bare),
    );
    expect(taking.map((file) => file.path)).not.toEqual([]);
  });

  it.each(Object.entries(BRAND_OWNERS))('%s is minted in %s alone', (name, owner) => {
    const minting = files.filter((file) =>
      new RegExp(`\\bas\\s+${name}\\b|<${name}>\\s*[({]`).test(file.bare),
    );
    expect(minting.map((file) => file.room)).toEqual(expect.arrayContaining([owner]));
    expect(minting.filter((file) => file.room !== owner).map((file) => file.path)).toEqual([]);
  });
});

describe('the shape of files', () => {
  it('no barrels', () => {
    expect(
      importOffences((file, what) => what.reExport && !what.typeOnly && !ENTRIES.has(file.path)),
    ).toEqual([]);
    expect(files.filter((file) => file.path.endsWith('/index.ts'))).toEqual([]);
  });

  it('no room or file without a decision of its own', () => {
    const vague = /(^|[/-])(utils?|helpers?|common|misc|shared|manager|data|auth|blacklist)(\.ts|\/|-|$)/;
    expect(files.map((file) => file.path).filter((path) => vague.test(path))).toEqual([]);
  });

  it('every room has its unit tests', () => {
    const rooms = new Set(files.map(({ room }) => room).filter((room) => room !== ''));
    expect(rooms.size).toBeGreaterThan(15);
    const tested = (room: string) =>
      readdirSync('test/unit', { recursive: true }).some(
        (path) => String(path).startsWith(`${room}/`) && String(path).endsWith('.test.ts'),
      );
    expect([...rooms].filter((room) => !tested(room))).toEqual([]);
  });

  it('names are in kebab-case', () => {
    expect(
      files.map((file) => file.path).filter((path) => !/^[a-z0-9-]+(\/[a-z0-9-]+)*(\.d)?\.tsx?$/.test(path)),
    ).toEqual([]);
  });

  it('no file is longer than 250 lines', () => {
    expect(
      files
        .map(({ path, text }) => ({ path, lines: text.split('\n').length - 1 }))
        .filter(({ lines }) => lines > 250),
    ).toEqual([]);
  });

  it('no check is silenced', () => {
    expect(matches(/@ts-\w+|biome-ignore|eslint-disable/g, 'text', nowhere)).toEqual([]);
    expect(matches(/\bas unknown as\b|\bas any\b|:\s*any\b|<any>/g, 'bare', nowhere)).toEqual([]);
  });

  it('no room reads a clock: time is an argument', () => {
    expect(
      matches(
        /\bDate\.now\(|\bnew Date\(\)|\bperformance\.now\(/g,
        'bare',
        (file) => file.room === 'cli' || ENTRIES.has(file.path) || file.path === 'src/console/clock.ts',
      ),
    ).toEqual([]);
  });
});
