import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { cpus, tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';

/**
 * What the commands that review a policy take with 1,000 routes in each file: whole processes from the sources, so
 * starting Node, reading both files and compiling them are part of it. Medians over rounds in which each command runs once.
 */

const SERVICES = 25;
const RESOURCES = 10;
const { values } = parseArgs({ options: { rounds: { type: 'string', default: '9' } } });

interface Change {
  /** One resource in so many has another requirement; undefined: none. */
  readonly one?: number;
}

/** Four routes of each resource: a list, what makes one, one of them, and all below it. */
function policy({ one }: Change): string {
  const tables = [HEAD];
  for (let service = 0; service < SERVICES; service += 1) {
    const name = `service${service}`;
    const also = service % 5 === 0 ? `, "${name}.acme.example"` : '';
    tables.push(
      `[vars.ROUTE_GROUPS.${name}]\norigin = "https://${name}.internal.example"\nhost = ["api.acme.example"${also}]\n` +
        `headers = { "X-User-Id" = "sub", "X-Tenant" = "/org/tenant_id" }`,
    );
    for (let resource = 0; resource < RESOURCES; resource += 1) {
      const changed = one !== undefined && (service * RESOURCES + resource) % one === 0;
      tables.push(...routesOf(name, resource, changed));
    }
  }
  return tables.join('\n\n');
}

function routesOf(service: string, resource: number, changed: boolean): readonly string[] {
  const path = `/v1/${service}/resource${resource}`;
  const head = (name: string, below: string) =>
    `[vars.ROUTES_${service.toUpperCase()}_${Math.floor(resource / 4)}.${service}_${resource}_${name}]\n` +
    `group = "${service}"\npath = "${path}${below}"`;
  const read = `"${service}:read"`;
  const roles = changed ? '"owner", "editor", "viewer"' : '"owner", "editor"';
  return [
    `${head('list', '')}\nmethods = ["GET"]\nscope = [${read}]`,
    `${head('make', '')}\nmethods = ["POST"]\nscope = ["${service}:write"]\nmax_body = 65536`,
    `${head('one', '/:id')}\nmethods = ["GET", "PUT", "PATCH"]\nrequire = { all = [{ scope = [${read}] }, ` +
      `{ any = [{ claim = "role", one_of = [${roles}] }, { claim = "email", matches = "*@${service}.example" }] }] }`,
    `${head('parts', '/:id/parts/*')}\n` +
      (resource === 9
        ? 'authentication = "none"\nunset = ["issuers"]'
        : `require = { all = [{ scope = [${read}] }, { claim = "level", min = ${changed ? 2 : 3} }] }`),
  ];
}

const HEAD = `main = "src/gateway/worker.ts"

[[durable_objects.bindings]]
name = "REVOCATIONS"
class_name = "RevocationObject"

[vars.ISSUERS.acme]
issuer = "https://id.acme.example"
audience = "https://api.acme.example"

[vars.ISSUERS.partners]
issuer = "https://id.partners.example"
audience = "https://api.acme.example"

[vars.ROUTE_DEFAULTS]
issuers = ["acme", "partners"]
timeout = "10s"
revocation = { mode = "cached", max_staleness = "5s" }`;

const SENTENCE = 'no request reaches path "/v1/service3/resource3/*" without scope "service3:*"';
const COMMANDS: Readonly<Record<string, readonly string[]>> = {
  'diff, nothing changed': ['diff', 'old.toml', 'same.toml'],
  'diff, one resource in ten changed': ['diff', 'old.toml', 'new.toml'],
  'diff, every resource changed': ['diff', 'old.toml', 'all.toml'],
  check: ['check', '--config', 'old.toml'],
  audit: ['audit', '--config', 'old.toml'],
  'audit --assert': ['audit', '--config', 'old.toml', '--assert', SENTENCE],
  '--help, for comparison': ['--help'],
};

const folder = mkdtempSync(join(tmpdir(), 'portcullis-review-'));
try {
  for (const [name, change] of Object.entries({ old: {}, same: {}, new: { one: 10 }, all: { one: 1 } })) {
    writeFileSync(join(folder, `${name}.toml`), policy(change));
  }
  const taken = new Map<string, number[]>();
  const said = new Map<string, string>();
  for (let round = 0; round < Number(values.rounds); round += 1) {
    for (const [name, args] of Object.entries(COMMANDS)) {
      const { milliseconds, last } = timed(args);
      taken.set(name, [...(taken.get(name) ?? []), milliseconds]);
      said.set(name, last);
    }
  }
  console.log(`Node ${process.version}, ${cpus()[0]?.model ?? 'unknown processor'}\n`);
  console.log('| | median ms | least | most | |\n|---|---|---|---|---|');
  for (const [name, times] of taken) {
    const sorted = times.toSorted((a, b) => a - b);
    const shown = [sorted[sorted.length >> 1], sorted[0], sorted.at(-1)].map((ms) => Math.round(ms ?? 0));
    console.log(`| ${name} | ${shown.join(' | ')} | ${said.get(name)} |`);
  }
} finally {
  rmSync(folder, { recursive: true });
}

function timed(args: readonly string[]): { milliseconds: number; last: string } {
  const start = performance.now();
  const command = join(import.meta.dirname, '../src/cli/portcullis.ts');
  const { status, stdout } = spawnSync(process.execPath, [command, ...args], {
    cwd: folder,
    encoding: 'utf8',
  });
  const milliseconds = performance.now() - start;
  if (status === null || status > 1) throw new Error(`${args.join(' ')} ended with ${status}`);
  return { milliseconds, last: args[0] === '--help' ? '' : (stdout.trim().split('\n').at(-1) ?? '') };
}
