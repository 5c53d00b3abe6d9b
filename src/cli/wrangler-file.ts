import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseEnv } from 'node:util';
import { parse, TomlError } from 'smol-toml';
import { type ConfigProblem, didYouMean, problem, quoted } from '../config/problem.ts';
import type { Bindings } from '../config/variables.ts';
import { err, ok, type Result } from '../core/result.ts';
import { tomlLines } from './toml-lines.ts';

/** What a Worker would be given, as far as its wrangler.toml and `.dev.vars` tell. */
export interface WranglerFile {
  readonly control: boolean;
  readonly bindings: Bindings;
  readonly lines: ReadonlyMap<string, number>;
  /** Where in the file the problems' paths begin: `vars`, or `env.<name>.vars`. */
  readonly root: readonly string[];
  readonly warnings: readonly ConfigProblem[];
}

/** A file that cannot be read at all; `line` where its syntax breaks. */
export interface Unreadable {
  readonly problem: ConfigProblem;
  readonly line: number | undefined;
}

type Table = Readonly<Record<string, unknown>>;

/** Keys that name a secret binding, in the gateway's tables and in the control Worker's. */
const SECRET_KEYS: ReadonlySet<string> = new Set(['hmac_secret', 'client_secret', 'authorization']);
const BINDING_NAME = /^[A-Za-z_]\w{0,127}$/;
/** Long enough for every check of a secret's length. */
const ASSUMED_SECRET = 'assumed '.repeat(16);
const REDIS_SECRETS: Table = {
  UPSTASH_REDIS_REST_URL: 'https://assumed.example',
  UPSTASH_REDIS_REST_TOKEN: ASSUMED_SECRET,
};

/** Stands for a Durable Object namespace or a service: the checks only look at what it can do. */
class AssumedBinding {
  idFromName(): undefined {}
  fetch(): undefined {}
}

/**
 * Reads a wrangler.toml, one of its environments, and the `.dev.vars` beside it. As wrangler does it: `vars` and
 * bindings are not inherited by environments, and `.dev.vars.<environment>` replaces `.dev.vars`.
 * A secret that is not to be found is assumed to be there at deploy, with a warning.
 */
export function readWranglerFile(
  file: string,
  environment: string | undefined,
): Result<WranglerFile, Unreadable> {
  const text = readText(file);
  if (!text.ok) return text;
  const parsed = parseToml(text.value);
  if (!parsed.ok) return parsed;
  const whole = parsed.value;
  const environments = table(whole.env);
  const section = environment === undefined ? whole : environments[environment];
  if (environment !== undefined && !isTable(section)) {
    const names = Object.keys(environments);
    const hint = didYouMean(environment, names);
    return unreadable(
      problem(['env', environment], 'nothing', quoted(names) || 'no environment is there', hint),
    );
  }
  const here = table(section);
  const vars = table(here.vars);
  const secrets = readSecrets(file, environment);
  const warnings: ConfigProblem[] = [];
  const assumed = assumedSecrets(vars, secrets, warnings);
  return ok({
    control: 'CONTROL' in vars || /(^|\/)control\//.test(String(here.main ?? whole.main)),
    bindings: { ...assumed, ...namedBindings(here), ...vars, ...secrets },
    lines: tomlLines(text.value),
    root: environment === undefined ? ['vars'] : ['env', environment, 'vars'],
    warnings,
  });
}

/** The same with Redis secrets, for a Worker that names no revocation store and may get them at deploy. */
export const withAssumedRedis = (file: WranglerFile): WranglerFile => ({
  ...file,
  bindings: { ...file.bindings, ...REDIS_SECRETS },
  warnings: [...file.warnings, ...Object.keys(REDIS_SECRETS).map(neededAtDeploy)],
});

function readText(file: string): Result<string, Unreadable> {
  try {
    return ok(readFileSync(file, 'utf8'));
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    return unreadable({ path: file, found: code, allowed: 'a wrangler.toml that can be read' });
  }
}

function parseToml(text: string): Result<Table, Unreadable> {
  try {
    return ok(parse(text));
  } catch (error) {
    if (!(error instanceof TomlError)) throw error;
    const [reason = ''] = error.message.split('\n');
    return unreadable({ path: 'TOML', found: reason, allowed: 'TOML 1.0' }, error.line);
  }
}

const unreadable = (problem: ConfigProblem, line?: number) => err({ problem, line });

function readSecrets(file: string, environment: string | undefined): Table {
  const plain = join(dirname(file), '.dev.vars');
  const path =
    environment !== undefined && existsSync(`${plain}.${environment}`) ? `${plain}.${environment}` : plain;
  return existsSync(path) ? parseEnv(readFileSync(path, 'utf8')) : {};
}

function namedBindings(section: Table): Table {
  const durableObjects = list(table(section.durable_objects).bindings).map(({ name }) => name);
  const services = list(section.services).map(({ binding }) => binding);
  const names = [...durableObjects, ...services].filter((name) => typeof name === 'string');
  return Object.fromEntries(names.map((name) => [name, new AssumedBinding()]));
}

function assumedSecrets(vars: Table, secrets: Table, warnings: ConfigProblem[]): Table {
  const assumed: Record<string, string> = {};
  for (const name of new Set(secretNames(vars))) {
    if (name in vars)
      warnings.push(
        problem([name], 'a secret in this file', 'npx wrangler secret put, and .dev.vars locally'),
      );
    else if (!(name in secrets)) {
      assumed[name] = ASSUMED_SECRET;
      warnings.push(neededAtDeploy(name));
    }
  }
  if ('UPSTASH_REDIS_REST_TOKEN' in vars) {
    warnings.push(
      problem(
        ['UPSTASH_REDIS_REST_TOKEN'],
        'a secret in this file',
        'npx wrangler secret put, and .dev.vars locally',
      ),
    );
  }
  return assumed;
}

function secretNames(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([key, member]) =>
    SECRET_KEYS.has(key) && typeof member === 'string' && BINDING_NAME.test(member)
      ? [member]
      : secretNames(member),
  );
}

const neededAtDeploy = (name: string): ConfigProblem =>
  problem([name], 'no secret of this name', `will be needed at deploy: npx wrangler secret put ${name}`);

const isTable = (value: unknown): value is Table =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const table = (value: unknown): Table => (isTable(value) ? value : {});
const list = (value: unknown): readonly Table[] => (Array.isArray(value) ? value.filter(isTable) : []);
