import { type Access, REFUSED, withToken } from './access.ts';
import { ASYMMETRIC, type IssuerTables } from './issuer-table.ts';
import type { TomlTable, TomlValue } from './model.ts';
import type { PeerContext } from './peer.ts';
import { allOf, issuedBy } from './requirement.ts';
import type { SourceNode, SourceTable } from './source-node.ts';
import { claimOf, readClaims } from './traefik-claims.ts';

/** The JWT middleware of Traefik Hub. */
export function jwtAccess(
  config: SourceTable,
  label: string,
  issuers: IssuerTables,
  { losses }: PeerContext,
): { readonly access: Access; readonly sources?: readonly TomlValue[]; readonly headers?: TomlTable } {
  const refuse = (why: string) => {
    losses.add(config.line, `middleware ${label}`, why, 'refused where it is used');
    return { access: REFUSED };
  };
  const secret = config.has('signingSecret');
  const pem = config.text('publicKey');
  const common = { algorithms: secret ? ['HS256'] : ASYMMETRIC, clock_tolerance: '0s' };
  const trusted = config
    .tables('trustedIssuers')
    .map((each) => ({ issuer: each.text('issuer'), uri: each.text('jwksUrl'), line: each.line }));
  const uri = config.text('jwksUrl');
  const binding = `${label.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}_SECRET`;
  if (secret)
    losses.add(
      config.lineOf('signingSecret'),
      `middleware ${label}: signingSecret`,
      'a secret is never in the tables',
      `set it: wrangler secret put ${binding}`,
    );
  const keys: TomlTable | undefined = secret
    ? {
        hmac_secret: binding,
        ...(config.flag('signingSecretBase64Encoded') === true ? { hmac_secret_encoding: 'base64' } : {}),
      }
    : pem !== undefined
      ? { pem }
      : uri !== undefined && /^https?:/.test(uri)
        ? { jwks_uri: uri }
        : undefined;
  if (keys === undefined && trusted.length === 0)
    return refuse('its keys are not in the file, or below each issuer');
  const facts =
    trusted.length > 0
      ? trusted.map((each) => ({
          issuer: each.issuer,
          line: each.line,
          keys: { ...common, ...(each.uri === undefined ? {} : { jwks_uri: each.uri }) },
        }))
      : [{ issuer: config.text('issuer'), line: config.line, keys: { ...common, ...keys } }];
  const tables = facts.flatMap(
    (each) => issuers.add({ label, audience: config.texts('audience'), ...each }) ?? [],
  );
  const claims = config.text('claims');
  const requirement = claims === undefined ? true : readClaims(claims);
  if (requirement === undefined) return refuse(`its claims cannot be said: ${claims}`);
  const query = config.text('tokenQueryKey');
  const name = config.text('tokenKey');
  if (name !== undefined)
    losses.add(
      config.lineOf('tokenKey'),
      `middleware ${label}: tokenKey`,
      'tokens in forms are not looked for',
      'in the query alone',
    );
  const sent = (config.table('forwardHeaders')?.members() ?? []).map(
    ([header, node]: readonly [string, SourceNode]) => [header, claimOf(String(node.value))] as const,
  );
  for (const key of [
    'forwardAuthorization',
    'stripAuthorizationHeader',
    'clientConfig',
    'usernameClaim',
    'source',
    'signingSecretBase64Encoded',
  ])
    config.node(key);
  const foreign = config.unknown();
  if (foreign.length > 0) return refuse(`not known: ${foreign.map(({ key }) => key).join(', ')}`);
  return {
    access: withToken(allOf([issuedBy(tables), requirement])),
    sources: [
      'bearer',
      ...[query, name].flatMap((each): readonly TomlValue[] => (each === undefined ? [] : [{ query: each }])),
    ],
    ...(sent.length === 0 ? {} : { headers: Object.fromEntries(sent) }),
  };
}
