import type { Answers } from './answers.ts';
import { PROVIDERS, type Provider } from './providers.ts';
import { quoted, settingLines } from './settings.ts';

const PACKAGE = 'portcullis';

/** The Worker of the new project: the gateway as it is, or with its policy in TypeScript. */
export const gatewayModule = (answers: Answers): string => (answers.inCode ? withPolicy(answers) : AS_IT_IS);

const AS_IT_IS = `// The gateway as it is: its whole policy stands in wrangler.toml.
export { default, MetricsObject, RevocationObject } from ${quoted(`${PACKAGE}/gateway`)};
`;

function withPolicy({ provider: name, issuer, audience, origin }: Answers): string {
  const { title, identifiesTokens }: Provider = PROVIDERS[name];
  const settings = settingLines(name, { comment: '//', pair: (key, value) => `${key}: ${value},` });
  return `// The gateway with its policy: the tables of docs/configuration.md under the same names.
import { createGateway } from ${quoted(PACKAGE)};

export { MetricsObject, RevocationObject } from ${quoted(`${PACKAGE}/gateway`)};

const ORIGIN = ${quoted(origin)};

export default createGateway({
  // Whose tokens are accepted. ${title}; look at a token of your own for "iss", audience and "typ".
  ISSUERS: {
    ${name}: {
      issuer: ${quoted(issuer)},
      audience: [${quoted(audience)}],
${settings.map((line) => `      ${line}\n`).join('')}    },
  },
  ROUTES: {
    // Anyone may read this. Take it out, and nothing is public.
    health: {
      path: "/health",
      methods: ["GET"],
      origin: ORIGIN,
      authentication: "none",
      revocation: { mode: "off" },
    },
    // Everything else needs a valid token.
    api: {
      path: "/*",
      origin: ORIGIN,
      issuers: [${quoted(name)}],
      ${identifiesTokens ? CHECKED : UNCHECKED}
      // What the origin learns. Clients cannot set these headers, in any spelling.
      headers: { "X-User-Id": "sub" },
    },
    // Needs a scope as well: uncomment and try.
    // orders: { path: "/orders/*", origin: ORIGIN, issuers: [${quoted(name)}], scope: ["orders:read"] },
  },
});
`;
}

const CHECKED = `// Whether a token was revoked: asked on every request, or kept for up to 5 s with mode "cached".
      revocation: { mode: "strict" },`;

const UNCHECKED = `// This provider's tokens bear no identifier ("jti"), which a look into the deny-list needs.
      revocation: { mode: "off" },`;
