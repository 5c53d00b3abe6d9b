import { readArguments } from '../src/cli/arguments.ts';
import { EXIT, UsageError } from '../src/cli/command.ts';
import { addressesFrom, localUrl, parsePort } from './addresses.ts';
import { demoToken, NoToken } from './demo-token.ts';
import type { TokenRequestBody } from './token-request.ts';

const USAGE = `Prints a token of the demo issuer and nothing else.

  npm run --silent token -- [options]

  --scope "orders:read …"   space-delimited; none by default
  --sub user-1              subject
  --aud URL                 audience, repeatable; the gateway by default
  --roles editor,auditor    an array claim
  --tenant tenant-1         the nested claim /org/tenant_id
  --client demo-client      client_id
  --ttl 5m                  life: 30s, 5m, 1h, 1d at most
  --expired                 a token that has expired a minute ago
  --alg ES256               or RS256
  --claim name=value        any other claim, repeatable; a value that is JSON is taken as JSON
  --port 8787               where npm run dev has been told to start`;

/** Beyond any clock tolerance the demo configures. */
const EXPIRED_SECONDS = -60;
const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

async function main(): Promise<void> {
  const { values } = readArguments(process.argv.slice(2), {
    scope: { type: 'string' },
    sub: { type: 'string' },
    aud: { type: 'string', multiple: true },
    roles: { type: 'string' },
    tenant: { type: 'string' },
    client: { type: 'string' },
    ttl: { type: 'string' },
    expired: { type: 'boolean' },
    alg: { type: 'string' },
    claim: { type: 'string', multiple: true },
    port: { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  });
  if (values.help) return console.log(USAGE);
  const { gateway, issuer } = addressesFrom(parsePort(values.port));
  const [audience, ...more] = values.aud ?? [localUrl(gateway)];
  const request: TokenRequestBody = {
    audience: more.length === 0 ? (audience ?? '') : [audience ?? '', ...more],
    scope: values.scope,
    sub: values.sub,
    roles: values.roles?.split(',').filter((role) => role !== ''),
    tenant: values.tenant,
    client_id: values.client,
    ttl: values.expired ? EXPIRED_SECONDS : parseTtl(values.ttl),
    alg: parseAlgorithm(values.alg),
    claims: Object.fromEntries((values.claim ?? []).map(parseClaim)),
  };
  console.log(await demoToken(localUrl(issuer), request));
}

function parseTtl(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const [, amount, unit = ''] = /^(\d{1,6})([smhd])$/.exec(text) ?? [];
  const seconds = Number(amount) * (UNIT_SECONDS[unit] ?? 1);
  if (amount !== undefined && seconds > 0 && seconds <= 86_400) return seconds;
  throw new UsageError(`--ttl: expected 30s, 5m, 1h or 1d at most, found "${text}"`);
}

function parseAlgorithm(text: string | undefined): TokenRequestBody['alg'] {
  if (text === undefined || text === 'ES256' || text === 'RS256') return text;
  throw new UsageError(`--alg: expected ES256 or RS256, found "${text}"`);
}

function parseClaim(text: string): [string, NonNullable<TokenRequestBody['claims']>[string]] {
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
