import { rmSync } from 'node:fs';
import { dirname, extname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseEnv } from 'node:util';
import type { Policy } from '../core/policy.ts';
import { visibleText } from '../core/visible-text.ts';
import { readArguments } from './arguments.ts';
import { type Command, CommandFailed, EXIT, type Terminal, UsageError } from './command.ts';
import { createDevIssuers } from './dev/issuers.ts';
import { localConfig, localSecrets, type StandIns } from './dev/local-config.ts';
import { startOrigin } from './dev/origin.ts';
import { DEV_FOLDER, STATE_FILE } from './dev/state.ts';
import { startTokenServer } from './dev/token-server.ts';
import { workerAddress } from './dev/worker-address.ts';
import { startWorker } from './dev/wrangler.ts';
import { inCodeOf, type PolicyModule } from './policy-module.ts';
import { printReport } from './report.ts';
import { checkWorker } from './worker-check.ts';
import { readSource, type Table } from './wrangler-source.ts';

const USAGE = `Runs the gateway with the policy of this folder, on this machine, with stand-ins for what it depends on.

  portcullis dev

  --config <file>          wrangler.toml by default
  --policy <file>          a module whose policy stands in code: the Worker gets it with the stand-ins' addresses
  --env <name>             an environment of it
  --port <number>          where the gateway listens; 8787 by default
  --ip <address>           instead of [dev] ip in the file; 127.0.0.1 by default
  --real-issuer <name>     this issuer's own keys; may be given more than once
  --real-origin <route>    this route's own origin; may be given more than once
  --help

Every issuer keeps its "iss", and a stand-in signs for it: portcullis token makes tokens, good and bad. Every origin is one
that echoes what it is asked. The deny-list is a Durable Object, kept in .wrangler. The stand-ins' keys are new each time
and known to this gateway alone: no deployed gateway takes their tokens.`;

export const dev: Command = {
  summary: 'run the gateway with your policy and stand-ins',
  usage: USAGE,
  async run(args, terminal) {
    const { values } = readArguments(args, {
      config: { type: 'string', default: 'wrangler.toml' },
      policy: { type: 'string' },
      env: { type: 'string' },
      port: { type: 'string', default: '8787' },
      ip: { type: 'string' },
      'real-issuer': { type: 'string', multiple: true, default: [] },
      'real-origin': { type: 'string', multiple: true, default: [] },
      help: { type: 'boolean', short: 'h' },
    });
    const port = Number(values.port);
    if (!Number.isInteger(port) || port < 1 || port > 65_535)
      throw new UsageError(`--port: no port: ${values.port}`);
    const file = values.config;
    const inCode = await inCodeOf(values.policy);
    const checked = checkWorker(file, { environment: values.env, deploy: false, inCode });
    const source = readSource(file);
    if (checked.compiled?.kind !== 'gateway' || !source.ok) {
      printReport(checked.report, terminal);
      throw new CommandFailed(`${visibleText(file)}: nothing was started`);
    }
    const { policy } = checked.compiled;
    const plan = { file, environment: values.env, ip: values.ip, port, inCode };
    const real = { issuers: values['real-issuer'], origins: values['real-origin'] };
    return await runUntilStopped(source.value.whole, policy, { ...plan, ...real }, terminal);
  },
};

interface Plan {
  readonly file: string;
  readonly environment: string | undefined;
  readonly ip: string | undefined;
  readonly port: number;
  readonly inCode: PolicyModule | undefined;
  readonly issuers: readonly string[];
  readonly origins: readonly string[];
}

async function runUntilStopped(
  whole: Table,
  policy: Policy,
  plan: Plan,
  terminal: Terminal,
): Promise<number> {
  await using resources = new AsyncDisposableStack();
  const standIns = namesBut(policy.issuers, plan.issuers, '--real-issuer');
  namesBut(policy.routes, plan.origins, '--real-origin');
  // Wrangler takes paths from the folder of the file it is given, which is another one.
  const folder = resolve(dirname(plan.file));
  const secrets = localSecrets(await ownSecrets(folder, plan.environment, terminal), policy, standIns);
  const issuers = createDevIssuers(policy, standIns, secrets);
  const server = await startTokenServer(issuers, 0);
  resources.defer(() => server.close());
  const origin = await startOrigin({ port: 0 });
  resources.defer(() => origin.close());
  const given: StandIns = {
    issuers: standIns,
    realRoutes: new Map(policy.routes.filter(({ name }) => plan.origins.includes(name)).map(writtenOrigin)),
    issuersUrl: `http://127.0.0.1:${server.port}`,
    originUrl: origin.url,
    inCode: plan.inCode && { tables: plan.inCode.tables, alias: join(folder, DEV_FOLDER, IN_CODE_FILE) },
  };
  const config = join(folder, DEV_FOLDER, 'wrangler.json');
  const secretsFile = join(folder, DEV_FOLDER, 'secrets.env');
  const state = join(folder, STATE_FILE);
  await terminal.writeFile(
    config,
    JSON.stringify(localConfig(whole, plan.file, plan.environment, given), null, 2),
  );
  if (given.inCode !== undefined) await terminal.writeFile(given.inCode.alias, IN_VARIABLES);
  await terminal.writeFile(secretsFile, envText(secrets));
  await terminal.writeFile(state, JSON.stringify({ url: given.issuersUrl, key: server.key }));
  resources.defer(() => {
    for (const path of [secretsFile, state]) rmSync(path, { force: true });
  });
  const address = workerAddress(plan.file, plan.port, plan.ip);
  const worker = startWorker({
    config,
    ...(plan.environment === undefined ? {} : { environment: plan.environment }),
    port: plan.port,
    address,
    envFiles: [secretsFile],
    storageDirectory: resolve(folder, '.wrangler/state'),
    registryDirectory: resolve(folder, DEV_FOLDER, 'registry'),
    onLine: (line) => terminal.out(line),
  });
  resources.defer(() => worker.stop());
  terminal.out('Starting the gateway …');
  const ready = worker.ready.catch((error: Error) => {
    throw new CommandFailed(visibleText(error.message).replaceAll('\\u{a}', '\n'));
  });
  const started = await Promise.race([ready.then(() => undefined), stopped()]);
  if (started === 'stopped') return EXIT.done;
  terminal.out(banner(address.url, policy, standIns, plan));
  const how = await Promise.race([worker.ended, stopped()]);
  if (how === 'stopped') {
    terminal.out('\nStopped.');
    return EXIT.done;
  }
  throw new CommandFailed(`the gateway ended: ${how}`);
}

const IN_CODE_FILE = 'in-code.mjs';
const GATEWAY = fileURLToPath(
  new URL(`../gateway/create-gateway${extname(import.meta.url)}`, import.meta.url),
);

/** What the Worker finds as `portcullis`: what it says in code stands in its variables, with the stand-ins' addresses. */
const IN_VARIABLES = `import { createGateway as create } from ${JSON.stringify(GATEWAY)};
export const createGateway = () => create();
`;

/** The names of all but these; a name that nothing bears is mistyped. */
function namesBut(
  all: readonly { readonly name: string }[],
  real: readonly string[],
  option: string,
): string[] {
  const names = all.map(({ name }) => name);
  const unknown = real.find((name) => !names.includes(name));
  if (unknown !== undefined) {
    throw new UsageError(`${option}: there is no "${visibleText(unknown)}"; there are: ${names.join(', ')}`);
  }
  return names.filter((name) => !real.includes(name));
}

const writtenOrigin = ({ name, upstream: { origin } }: Policy['routes'][number]): [string, string] => [
  name,
  origin.kind === 'url' ? origin.origin : `service:${origin.binding}`,
];

/** As `portcullis check` finds them: `.dev.vars.<environment>` instead of `.dev.vars`. */
async function ownSecrets(
  folder: string,
  environment: string | undefined,
  terminal: Terminal,
): Promise<Readonly<Record<string, string | undefined>>> {
  const names = environment === undefined ? ['.dev.vars'] : [`.dev.vars.${environment}`, '.dev.vars'];
  for (const name of names) {
    const path = join(folder, name);
    if (await terminal.exists(path)) return parseEnv(await terminal.readFile(path));
  }
  return {};
}

const envText = (secrets: Readonly<Record<string, string>>): string =>
  Object.entries(secrets)
    .map(([name, value]) => `${name}=${JSON.stringify(value)}\n`)
    .join('');

/** The first signal asks; a second one does not wait. */
function stopped(): Promise<'stopped'> {
  return new Promise((done) => {
    for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const)
      process.once(signal, () => done('stopped'));
  });
}

function banner(url: string, policy: Policy, standIns: readonly string[], plan: Plan): string {
  const issuers = policy.issuers.map(
    ({ name, issuer }) =>
      `  ${name.padEnd(20)} ${issuer}${standIns.includes(name) ? '' : '  (its own keys)'}`,
  );
  const routes = policy.routes.map(({ name, match, upstream }) => {
    const { kind, value } = match.path;
    const path = kind === 'prefix' ? `${value}/*` : value;
    const to =
      plan.origins.includes(name) && upstream.origin.kind === 'url' ? upstream.origin.origin : 'echo';
    return `  ${name.padEnd(20)} ${path}  →  ${to}`;
  });
  const [issuer = ''] = standIns;
  return `
The gateway is on ${url}, with your policy and stand-ins. Ctrl-C ends all of it.

Issuers
${issuers.join('\n')}
Routes
${routes.join('\n')}

In another terminal:
  TOKEN=$(npx portcullis token --issuer ${issuer})
  curl -i -H "Authorization: Bearer $TOKEN" ${url}/
`;
}
