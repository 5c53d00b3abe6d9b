import { existsSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseEnv } from 'node:util';
import { resemblesSecret } from '../config/fields.ts';
import { ASSUMED_SECRET } from '../config/named-secret.ts';
import { type ConfigProblem, didYouMean, problem, quoted } from '../config/problem.ts';
import type { Bindings } from '../config/variables.ts';
import { err, ok, type Result } from '../core/result.ts';
import { misplacedTables } from './misplaced.ts';
import type { PolicyModule } from './policy-module.ts';
import { readSource, type Table, type Unreadable, type WranglerSource } from './wrangler-source.ts';

export type WorkerKind = 'gateway' | 'control' | 'token-service';

/** What a Worker would be given, as far as its wrangler file and the secrets beside it tell. */
export interface WranglerFile {
  readonly kind: WorkerKind;
  /** The name it is deployed under. */
  readonly worker: string;
  readonly bindings: Bindings;
  /** As the file has them. */
  readonly vars: Table;
  /** Tables that the code has. */
  readonly inCode: Table;
  /** By binding. */
  readonly objects: ReadonlyMap<string, BoundObjects>;
  readonly lines: ReadonlyMap<string, number>;
  /** Where in the file the problems' paths begin: `vars`, or `env.<name>.vars`. */
  readonly root: readonly string[];
  readonly warnings: readonly ConfigProblem[];
}

/** The Worker and class whose Durable Objects a binding reaches. */
export interface BoundObjects {
  readonly worker: string;
  readonly className: string;
}

export interface ReadOptions {
  readonly environment: string | undefined;
  /** Whether secrets are read from the files beside it: they are this machine's alone. */
  readonly localSecrets: boolean;
  /** The policy in code beside the file, which then need not be there. */
  readonly inCode?: PolicyModule | undefined;
}

/** Keys that name a secret binding, or several, in the tables of all three Workers. */
const SECRET_KEYS: ReadonlySet<string> = new Set([
  'hmac_secret',
  'secret',
  'decryption_keys',
  'client_secret',
  'authorization',
  'sealing_keys',
  'client_key',
  'url',
  'routing_key',
]);
/** Secrets that are bound under a name of ours. */
const FIXED_SECRETS = [
  'UPSTASH_REDIS_REST_TOKEN',
  'RATE_LIMIT_REDIS_REST_TOKEN',
  'CACHE_SECRET',
  'AUDIT_SECRET',
  'METRICS_TOKEN',
] as const;
/** What a route with an exact rate limit needs. */
const RATE_LIMIT_SECRETS: Readonly<Record<string, string>> = {
  RATE_LIMIT_REDIS_REST_URL: 'https://assumed.example',
  RATE_LIMIT_REDIS_REST_TOKEN: ASSUMED_SECRET,
};
const REDIS_SECRETS: Table = {
  UPSTASH_REDIS_REST_URL: 'https://assumed.example',
  UPSTASH_REDIS_REST_TOKEN: ASSUMED_SECRET,
};

/** Stands for a Durable Object namespace or a service: the checks only look at what it can do. */
class AssumedBinding {
  idFromName(): undefined {}
  fetch(): undefined {}
}

/** Stands for a Workers Analytics Engine dataset. */
class AssumedDataset {
  writeDataPoint(): undefined {}
}

/** Stands for a rate-limit binding, and tells what the file says of it: the binding itself would not. */
class AssumedRateLimit {
  readonly simple: unknown;
  constructor(simple: unknown) {
    this.simple = simple;
  }
  limit(): undefined {}
}

/** The file has no such environment; `names` are those it has. */
export interface NoEnvironment extends Unreadable {
  readonly noEnvironment: true;
}

/**
 * Reads a wrangler file, one of its environments, and the secrets beside it. As wrangler does it: `vars` and bindings
 * are not inherited by environments, and `.dev.vars.<environment>` replaces `.dev.vars`.
 * A secret that is not to be found is assumed to be there at deploy, with a warning.
 */
export function readWranglerFile(
  file: string,
  { environment, localSecrets, inCode: module }: ReadOptions,
): Result<WranglerFile, Unreadable | NoEnvironment> {
  const source = module !== undefined && !existsSync(file) ? ok(NO_FILE) : readSource(file);
  if (!source.ok) return source;
  const { whole, lines } = source.value;
  const environments = table(whole.env);
  const section = environment === undefined ? whole : environments[environment];
  if (environment !== undefined && !isTable(section)) {
    const names = Object.keys(environments);
    const hint = didYouMean(environment, names);
    const allowed = quoted(names) || 'no environment is there';
    return err({
      problem: problem(['env', environment], 'nothing', allowed, hint),
      line: undefined,
      noEnvironment: true,
    });
  }
  const here = table(section);
  const vars = table(here.vars);
  const secrets = localSecrets ? readSecrets(dirname(file), environment) : {};
  const warnings: ConfigProblem[] = [...misplacedTables(whole, here, environment)];
  const inCode = module?.tables ?? {};
  const assumed = assumedSecrets({ ...vars, ...inCode }, secrets, warnings);
  const worker = nameOf(whole, here, environment);
  return ok({
    kind: kindOf(String(here.main ?? whole.main), vars),
    worker,
    bindings: { ...assumed, ...namedBindings(here), ...vars, ...secrets, ...inCode },
    vars,
    inCode,
    objects: objectsOf(here, worker),
    lines: module === undefined ? lines : new Map(),
    root: environment === undefined ? ['vars'] : ['env', environment, 'vars'],
    warnings,
  });
}

const NO_FILE: WranglerSource = { whole: {}, lines: new Map() };

/** The same with Redis secrets, for a Worker that names no revocation store and may get them at deploy. */
export const withAssumedRedis = (file: WranglerFile): WranglerFile => ({
  ...file,
  bindings: { ...file.bindings, ...REDIS_SECRETS },
  warnings: [...file.warnings, ...Object.keys(REDIS_SECRETS).map(neededAtDeploy)],
});

function kindOf(main: string, vars: Table): WorkerKind {
  const [, folder] = /(?:^|\/)(gateway|control|token-service)\//.exec(main) ?? [];
  if (folder === 'control' || 'CONTROL' in vars) return 'control';
  return folder === 'token-service' || 'TOKEN_SERVICE' in vars ? 'token-service' : 'gateway';
}

/** An environment without a name of its own is `<name>-<environment>`. */
function nameOf(whole: Table, here: Table, environment: string | undefined): string {
  if (environment === undefined || here === whole) return String(whole.name);
  return typeof here.name === 'string' ? here.name : `${whole.name}-${environment}`;
}

function objectsOf(here: Table, worker: string): WranglerFile['objects'] {
  return new Map(
    list(table(here.durable_objects).bindings).map(({ name, class_name, script_name }) => [
      String(name),
      { worker: typeof script_name === 'string' ? script_name : worker, className: String(class_name) },
    ]),
  );
}

/** `.dev.vars`; where there is none, the `.env` files, of which the later win. */
function readSecrets(folder: string, environment: string | undefined): Table {
  const own = environment === undefined ? [] : [`.dev.vars.${environment}`];
  const [devVars] = [...own, '.dev.vars'].filter((name) => existsSync(join(folder, name)));
  const more = environment === undefined ? [] : [`.env.${environment}`, `.env.${environment}.local`];
  const names = devVars === undefined ? ['.env', '.env.local', ...more] : [devVars];
  const files = names.map((name) => join(folder, name)).filter((path) => existsSync(path));
  return Object.assign({}, ...files.map((path) => parseEnv(readFileSync(path, 'utf8'))));
}

function namedBindings(section: Table): Table {
  const durableObjects = list(table(section.durable_objects).bindings).map(({ name }) => name);
  const fetchers = [...list(section.services), ...list(section.mtls_certificates)];
  const names = [...durableObjects, ...fetchers.map(({ binding }) => binding)].filter(
    (name) => typeof name === 'string',
  );
  const rateLimits = list(section.ratelimits).map(({ name, simple }) => [name, new AssumedRateLimit(simple)]);
  const datasets = list(section.analytics_engine_datasets).map(({ binding }) => [
    binding,
    new AssumedDataset(),
  ]);
  return Object.fromEntries([
    ...names.map((name) => [name, new AssumedBinding()]),
    ...rateLimits,
    ...datasets,
  ]);
}

function assumedSecrets(vars: Table, secrets: Table, warnings: ConfigProblem[]): Table {
  const assumed: Record<string, string> = {};
  for (const name of new Set(secretNames(vars))) {
    if (name in vars) warnings.push(inThisFile(name));
    else if (!(name in secrets)) {
      assumed[name] = RATE_LIMIT_SECRETS[name] ?? ASSUMED_SECRET;
      warnings.push(neededAtDeploy(name));
    }
  }
  for (const name of FIXED_SECRETS) if (name in vars) warnings.push(inThisFile(name));
  return assumed;
}

/** Names alone: what resembles the secret itself is neither assumed nor repeated, and the checks refuse it. */
function secretNames(value: unknown): string[] {
  if (typeof value !== 'object' || value === null) return [];
  const counting = 'exact' in value && value.exact === true ? Object.keys(RATE_LIMIT_SECRETS) : [];
  const named = Object.entries(value).flatMap(([key, member]) =>
    SECRET_KEYS.has(key) && (typeof member === 'string' || Array.isArray(member))
      ? [member].flat().filter((name) => typeof name === 'string' && !resemblesSecret(name))
      : secretNames(member),
  );
  return [...counting, ...named];
}

const inThisFile = (name: string): ConfigProblem =>
  problem([name], 'a secret in this file', 'npx wrangler secret put, and .dev.vars locally');

const neededAtDeploy = (name: string): ConfigProblem =>
  problem([name], 'no secret of this name', `will be needed at deploy: npx wrangler secret put ${name}`);

const isTable = (value: unknown): value is Table =>
  typeof value === 'object' && value !== null && !Array.isArray(value);
const table = (value: unknown): Table => (isTable(value) ? value : {});
const list = (value: unknown): readonly Table[] => (Array.isArray(value) ? value.filter(isTable) : []);
