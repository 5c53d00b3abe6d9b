import type { Answers } from './answers.ts';
import { firstCases } from './first-cases.ts';
import { PROVIDERS, type Provider } from './providers.ts';

/** A file of the new project, by its path in the folder. */
export type ProjectFiles = Readonly<Record<string, string>>;

/** What Portcullis is tested with. Not today's: a runtime refuses a date newer than itself. */
export const COMPATIBILITY_DATE = '2026-11-01';

/** The files of a project whose Worker is the gateway, package.json apart. */
export const projectFiles = (answers: Answers): ProjectFiles => ({
  'wrangler.toml': wranglerToml(answers),
  'src/gateway.ts': ENTRY,
  'portcullis.test.toml': firstCases(answers),
  '.gitignore': 'node_modules/\n.wrangler/\n.dev.vars*\n.env*\n*.log\n',
  'tsconfig.json': TSCONFIG,
});

const PACKAGE = 'portcullis';

const ENTRY = [
  '// The gateway as it is. Its whole policy stands in wrangler.toml; to write it in TypeScript instead:',
  `//   import { createGateway } from ${quoted(PACKAGE)};`,
  '//   export default createGateway({ ISSUERS: { … }, ROUTES: { … } });',
  `export { default, MetricsObject, RevocationObject } from ${quoted(`${PACKAGE}/gateway`)};`,
  '',
].join('\n');

const TSCONFIG = `${JSON.stringify(
  {
    compilerOptions: {
      target: 'es2023',
      module: 'esnext',
      moduleResolution: 'bundler',
      strict: true,
      noEmit: true,
      skipLibCheck: true,
    },
    include: ['src'],
  },
  null,
  2,
)}\n`;

/** JSON's strings are TypeScript's, and TOML's but for control characters, which no answer has. */
function quoted(text: string): string {
  return JSON.stringify(text);
}

function wranglerToml(answers: Answers): string {
  const { name, issuer, audience, origin, store } = answers;
  const provider: Provider = PROVIDERS[answers.provider];
  return `#:schema ./node_modules/portcullis/docs/configuration.schema.json
name = ${quoted(name)}
main = "src/gateway.ts"
compatibility_date = ${quoted(COMPATIBILITY_DATE)}
# Reached through a route or a custom domain alone: no second door at workers.dev, none for each version.
workers_dev = false
preview_urls = false

[dev]
ip = "127.0.0.1"
port = 8787

[observability]
enabled = true
${COUNTS}${store === 'embedded' ? EMBEDDED_STORE : REDIS_STORE}
# Whose tokens are accepted. ${provider.title}; look at a token of your own for "iss", audience and "typ".
[vars.ISSUERS.${answers.provider}]
issuer = ${quoted(issuer)}
audience = [${quoted(audience)}]
${provider.keys.join('\n')}

# Anyone may read this. Take it out, and nothing is public.
[vars.ROUTES.health]
path = "/health"
methods = ["GET"]
origin = ${quoted(origin)}
authentication = "none"
revocation = { mode = "off" }

# Everything else needs a valid token.
[vars.ROUTES.api]
path = "/*"
origin = ${quoted(origin)}
issuers = [${quoted(answers.provider)}]
${provider.identifiesTokens ? CHECKED : UNCHECKED}
# Needs a scope as well: uncomment and try.
# [vars.ROUTES.orders]
# path = "/orders/*"
# origin = ${quoted(origin)}
# issuers = [${quoted(answers.provider)}]
# scope = ["orders:read"]

# What the origin learns. Clients cannot set these headers, in any spelling.
[vars.ROUTES.api.headers]
"X-User-Id" = "sub"
`;
}

const COUNTS = `
# Adds up what is counted: requests by route, reason and issuer, and how long they took. Without it nothing is counted.
[[durable_objects.bindings]]
name = "METRICS"
class_name = "MetricsObject"

[[migrations]]
tag = "metrics-1"
new_sqlite_classes = ["MetricsObject"]
`;

const EMBEDDED_STORE = `
# The deny-list, in a Durable Object: nothing to install. To use Redis instead, set the secrets UPSTASH_REDIS_REST_URL and
# UPSTASH_REDIS_REST_TOKEN.
[[durable_objects.bindings]]
name = "REVOCATIONS"
class_name = "RevocationObject"

[[migrations]]
tag = "v1"
new_sqlite_classes = ["RevocationObject"]
`;

const REDIS_STORE = `
# The deny-list is in Redis. Both are secrets; the read-only token is enough for the gateway:
#   npx wrangler secret put UPSTASH_REDIS_REST_URL
#   npx wrangler secret put UPSTASH_REDIS_REST_TOKEN
`;

const CHECKED = `# Whether a token was revoked: asked on every request, or kept for up to 5 s with mode = "cached".
revocation = { mode = "strict" }
`;

const UNCHECKED = `# This provider's tokens bear no identifier ("jti"), which a look into the deny-list needs.
revocation = { mode = "off" }
`;
