import { type Answers, ENTRY_FILE } from './answers.ts';
import { gatewayModule } from './entry-module.ts';
import { firstCases } from './first-cases.ts';
import { policyToml } from './policy-toml.ts';
import { quoted } from './settings.ts';

/** A file of the new project, by its path in the folder. */
export type ProjectFiles = Readonly<Record<string, string>>;

/** What Portcullis is tested with. Not today's: a runtime refuses a date newer than itself. */
export const COMPATIBILITY_DATE = '2026-11-01';

/** The files of a project whose Worker is the gateway, package.json apart. */
export const projectFiles = (answers: Answers): ProjectFiles => ({
  'wrangler.toml': wranglerToml(answers),
  [ENTRY_FILE]: gatewayModule(answers),
  'portcullis.test.toml': firstCases(answers),
  '.gitignore': 'node_modules/\n.wrangler/\n.dev.vars*\n.env*\n*.log\n',
  'tsconfig.json': TSCONFIG,
});

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

function wranglerToml(answers: Answers): string {
  const { name, store, inCode } = answers;
  return `#:schema ./node_modules/portcullis/docs/configuration.schema.json
name = ${quoted(name)}
main = ${quoted(ENTRY_FILE)}
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
${inCode ? IN_CODE : policyToml(answers)}`;
}

const IN_CODE = `# The policy stands in ${ENTRY_FILE}: a table of it here as well would be refused.
`;

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
