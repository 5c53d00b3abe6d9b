import { type Access, REFUSED, withToken } from './access.ts';
import { hostLabel } from './host-label.ts';
import type { IssuerTables } from './issuer-table.ts';
import type { TomlValue } from './model.ts';
import type { PeerContext } from './peer.ts';
import { allOf, anyOf, everyWord, issuedBy, type Requirement } from './requirement.ts';
import type { SourceTable } from './source-node.ts';

interface JwtContext {
  readonly what: string;
  readonly issuers: IssuerTables;
  readonly context: PeerContext;
}

/** The `jwt` authenticator. Every audience and every scope of its configuration has to be in the token. */
export function jwtAccess(
  config: SourceTable | undefined,
  line: number,
  { what, issuers, context: { losses } }: JwtContext,
): { readonly access: Access; readonly sources?: readonly TomlValue[] } {
  const trusted = config?.texts('trusted_issuers') ?? [];
  if (config === undefined || trusted.length === 0) {
    losses.add(
      line,
      `${what}: jwt`,
      'it names no trusted_issuers, so whose tokens it takes is not said',
      'refused',
    );
    return { access: REFUSED };
  }
  const uris = config.texts('jwks_urls') ?? [];
  const [uri] = uris;
  const audience = config.texts('target_audience');
  const keys = {
    algorithms: config.texts('allowed_algorithms') ?? ['RS256'],
    clock_tolerance: '0s',
    ...(uris.length === 1 && uri !== undefined && /^https:/.test(uri) ? { jwks_uri: uri } : {}),
  };
  if (uris.length > 1)
    losses.add(
      config.lineOf('jwks_urls'),
      `${what}: jwks_urls`,
      'a key of one issuer signs for no other',
      'keys are discovered from each issuer',
    );
  else if (uri !== undefined && !/^https:/.test(uri))
    losses.add(
      config.lineOf('jwks_urls'),
      `${what}: jwks_urls`,
      'no https URL',
      'keys are discovered from the issuer',
    );
  const tables = trusted.flatMap((issuer): readonly { readonly name: string; readonly shared: boolean }[] => {
    const known = issuers.all.find((each) => each.keys.issuer === issuer);
    if (known === undefined) {
      const added = issuers.add({ label: hostLabel(issuer), line, issuer, audience, keys });
      return added === undefined ? [] : [{ name: added, shared: false }];
    }
    const same =
      known.keys.jwks_uri === ('jwks_uri' in keys ? keys.jwks_uri : undefined) &&
      JSON.stringify(known.keys.algorithms) === JSON.stringify(keys.algorithms);
    if (!same)
      losses.add(
        line,
        `${what}: ${issuer}`,
        'another rule has other keys or algorithms for the same issuer',
        'its tokens are not taken here',
      );
    const isNew = audience !== undefined && JSON.stringify(known.keys.audience) !== JSON.stringify(audience);
    if (isNew)
      losses.add(
        line,
        `${what}: target_audience`,
        'another rule names another audience for the same issuer',
        `${known.name} keeps its own, and here both are asked for: put them together by hand`,
      );
    return same ? [{ name: known.name, shared: true }] : [];
  });
  const strategy = config.text('scope_strategy');
  const scopes = config.texts('required_scope') ?? [];
  const isError = scopes.length > 0 && strategy === 'none';
  if (scopes.length > 0 && strategy !== 'exact')
    losses.add(
      line,
      `${what}: scope_strategy ${strategy ?? 'left out'}`,
      isError ? 'with required_scope it is an error there' : 'scopes are compared as they are',
      isError ? 'refused' : 'exact, which is stricter than hierarchic and wildcard',
    );
  const shared = tables.some((table) => table.shared);
  // Of the three claims the first that is there counts.
  const lacks = (claim: string): Requirement => ({ claim, exists: false });
  const words: Requirement =
    scopes.length === 0
      ? true
      : anyOf([
          everyWord('scp', scopes),
          allOf([lacks('scp'), everyWord('scope', scopes)]),
          allOf([lacks('scp'), lacks('scope'), everyWord('scopes', scopes)]),
        ]);
  const audiences: Requirement =
    audience === undefined || (audience.length === 1 && !shared) ? true : named(audience);
  const sources = sourcesOf(config);
  for (const key of ['jwks_max_wait', 'jwks_ttl', 'forward_http_headers']) config.node(key);
  const foreign = config.unknown();
  for (const { key, line: at } of foreign) losses.add(at, `${what}: jwt ${key}`, 'not known', 'refused');
  return {
    access:
      foreign.length > 0 || isError
        ? REFUSED
        : withToken(allOf([issuedBy(tables.map(({ name }) => name)), words, audiences])),
    sources,
  };
}

const named = (audience: readonly string[]): Requirement =>
  audience.length === 1
    ? anyOf([
        { claim: 'aud', equals: audience[0] ?? '' },
        { claim: 'aud', contains_all: audience },
      ])
    : { claim: 'aud', contains_all: audience };

function sourcesOf(config: SourceTable): readonly TomlValue[] {
  const from = config.table('token_from');
  const header = from?.text('header');
  const query = from?.text('query_parameter');
  const cookie = from?.text('cookie');
  if (query !== undefined) return [{ query }];
  if (cookie !== undefined) return [{ cookie }];
  return header === undefined || header.toLowerCase() === 'authorization' ? ['bearer'] : [{ header }];
}
