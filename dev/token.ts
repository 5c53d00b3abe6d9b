import { resolve } from 'node:path';
import { decodeJwt } from 'jose';
import { readArguments } from '../src/cli/arguments.ts';
import { EXIT, UsageError } from '../src/cli/command.ts';
import { addressesFrom, localUrl, parsePort } from './addresses.ts';
import { demoToken, NoToken } from './demo-token.ts';

const USAGE = `Logs somebody in at the demo's token service, and prints the access token and nothing else.

  npm run --silent token -- [options]

  --scope "orders:read …"   space-delimited; all that the demo may have by default
  --sub user-1              subject
  --aud URL                 resource server; the gateway by default
  --roles editor,auditor    an array claim
  --tenant tenant-1         the nested claim /org/tenant_id
  --claim name=value        any other claim that a resource takes, repeatable; a value that is JSON is taken as JSON
  --port 8787               where npm run dev has been told to start

${elsewhere('Tokens that have expired, of other lifetimes, algorithms, claims and issuers, and forged ones')}`;

/** What a token service decides for all tokens alike, whoever asks. */
const NOT_ASKED = {
  ttl: 'how long a token lives: access_token_lifetime in wrangler.token-service.toml says it for all',
  expired: 'a token that has expired',
  alg: 'the algorithm: algorithm in wrangler.token-service.toml says it for all',
  client: 'the client: it is the one that logs in',
} as const;

function elsewhere(what: string): string {
  return `${what}
come from stand-ins, once this demo is stopped:
npm run portcullis -- dev, and beside it npm run --silent portcullis -- token --help`;
}

async function main(): Promise<void> {
  const { values } = readArguments(process.argv.slice(2), {
    scope: { type: 'string' },
    sub: { type: 'string', default: 'user-1' },
    aud: { type: 'string' },
    roles: { type: 'string', default: 'editor,auditor' },
    tenant: { type: 'string', default: 'tenant-1' },
    claim: { type: 'string', multiple: true, default: [] },
    port: { type: 'string' },
    ttl: { type: 'string' },
    expired: { type: 'boolean' },
    alg: { type: 'string' },
    client: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help) return console.log(USAGE);
  for (const [option, what] of Object.entries(NOT_ASKED)) {
    if (values[option as keyof typeof NOT_ASKED] === undefined) continue;
    throw new UsageError(
      `--${option}: a token service is not asked for ${what}.\n${elsewhere('Tokens of any other kind')}`,
    );
  }
  const addresses = addressesFrom(parsePort(values.port));
  const claims = {
    roles: values.roles.split(',').filter((role) => role !== ''),
    org: { tenant_id: values.tenant },
    ...Object.fromEntries(values.claim.map(parseClaim)),
  };
  const audience = values.aud ?? localUrl(addresses.gateway);
  const wish = { subject: values.sub, audience, scope: values.scope, claims };
  const token = await demoToken({ root: resolve(import.meta.dirname, '..'), addresses }, wish);
  const given = decodeJwt(token);
  const missing = values.claim
    .map((text) => parseClaim(text)[0])
    .filter((name) => !Object.hasOwn(given, name));
  if (missing.length > 0) {
    throw new NoToken(
      `The token service puts no claim "${missing.join('", "')}" into tokens for ${audience}: name it in claims of that table of RESOURCES in wrangler.token-service.toml.`,
    );
  }
  console.log(token);
}

function parseClaim(text: string): [string, unknown] {
  const [, name, value = ''] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (name === undefined) throw new UsageError(`--claim: expected name=value, found "${text}"`);
  try {
    return [name, JSON.parse(value)];
  } catch {
    return [name, value];
  }
}

try {
  await main();
} catch (error) {
  if (!(error instanceof NoToken || error instanceof UsageError)) throw error;
  const mistyped = error instanceof UsageError;
  console.error(mistyped ? `${error.message}\n\n${USAGE}` : error.message);
  process.exitCode = mistyped ? EXIT.usage : EXIT.failed;
}
