import type { Answers } from './answers.ts';
import { PROVIDERS, type Provider } from './providers.ts';
import { quoted, settingLines } from './settings.ts';

/** The first policy, as variables of wrangler.toml. */
export function policyToml(answers: Answers): string {
  const { provider: name, issuer, audience, origin } = answers;
  const { title, identifiesTokens }: Provider = PROVIDERS[name];
  const settings = settingLines(name, { comment: '#', pair: (key, value) => `${key} = ${value}` });
  return `# Whose tokens are accepted. ${title}; look at a token of your own for "iss", audience and "typ".
[vars.ISSUERS.${name}]
issuer = ${quoted(issuer)}
audience = [${quoted(audience)}]
${settings.join('\n')}

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
issuers = [${quoted(name)}]
${identifiesTokens ? CHECKED : UNCHECKED}
# Needs a scope as well: uncomment and try.
# [vars.ROUTES.orders]
# path = "/orders/*"
# origin = ${quoted(origin)}
# issuers = [${quoted(name)}]
# scope = ["orders:read"]

# What the origin learns. Clients cannot set these headers, in any spelling.
[vars.ROUTES.api.headers]
"X-User-Id" = "sub"
`;
}

const CHECKED = `# Whether a token was revoked: asked on every request, or kept for up to 5 s with mode = "cached".
revocation = { mode = "strict" }
`;

const UNCHECKED = `# This provider's tokens bear no identifier ("jti"), which a look into the deny-list needs.
revocation = { mode = "off" }
`;
