import { type Answers, ENTRY_FILE } from './answers.ts';
import { PROVIDERS, type Provider } from './providers.ts';

/** Ten cases about the policy that `init` writes: what a careful person tries first. */
export function firstCases({ provider, inCode }: Answers): string {
  const { identifiesTokens }: Provider = PROVIDERS[provider];
  return `# What the policy does, tried with \`npm test\`: tokens come from stand-ins of its issuers, and nothing is sent anywhere.
# One [[case]] for each thing that must not change by accident; docs/testing.md has all keys.
${inCode ? `policy = ${JSON.stringify(ENTRY_FILE)}\n` : ''}
[[case]]
name = "anyone reads /health"
request = { url = "/health" }
expect = { status = 200, route = "health" }

[[case]]
name = "nothing else is public"
request = { url = "/orders" }
expect = { status = 401, reason = "credentials_missing" }

[[case]]
name = "a token gets through, and the origin learns whose it is"
request = { url = "/orders" }
token = { subject = "user-1" }
expect = { status = 200, route = "api", headers = { "X-User-Id" = "user-1" } }

[[case]]
name = "a client cannot say whose it is"
request = { url = "/health", headers = { "X-User-Id" = "admin", "x_user_id" = "admin" } }
expect = { status = 200, headers = { "X-User-Id" = false, "x_user_id" = false } }

[[case]]
name = "an expired token is refused"
request = { url = "/orders" }
token = { expires_in = "-2m" }
expect = { status = 401, reason = "expired" }

[[case]]
name = "a token of another API is refused"
request = { url = "/orders" }
token = { audience = "https://another-api.example" }
expect = { status = 401, reason = "audience_mismatch" }

[[case]]
name = "a forged token is refused"
request = { url = "/orders" }
token = { signature = "forged" }
expect = { status = 401, reason = "signature_invalid" }

[[case]]
name = "an unsigned token is refused"
request = { url = "/orders" }
token = { alg = "none" }
expect = { status = 401, reason = "algorithm_not_allowed" }

${identifiesTokens ? REVOKED : TWO_TOKENS}
[[case]]
name = "no way round through the path"
request = { url = "/health/..%2forders" }
expect = { status = 400, reason = "path_ambiguous" }
`;
}

const REVOKED = `[[case]]
name = "a revoked token is refused"
request = { url = "/orders" }
token = { revoked = true }
expect = { status = 401, reason = "revoked" }
`;

const TWO_TOKENS = `[[case]]
name = "two tokens are one too many"
request = { url = "/orders?access_token=another" }
token = { subject = "user-1" }
expect = { status = 400, reason = "credentials_multiple" }
`;
