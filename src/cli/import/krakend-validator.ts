import { type Access, REFUSED, withToken } from './access.ts';
import { claimAt } from './claim-name.ts';
import { durationText } from './durations.ts';
import { hostLabel } from './host-label.ts';
import type { IssuerTables } from './issuer-table.ts';
import type { TomlTable, TomlValue } from './model.ts';
import type { PeerContext } from './peer.ts';
import { allOf, anyOf, anyWord, everyWord, issuedBy, type Requirement } from './requirement.ts';
import { plainValue, type SourceTable } from './source-node.ts';

/** What an endpoint's `auth/validator` asks for. */
export function validated(
  validator: SourceTable,
  what: string,
  issuers: IssuerTables,
  { losses, audience: asked }: PeerContext,
): { readonly access: Access; readonly sources?: readonly TomlValue[]; readonly headers?: TomlTable } {
  const uri = validator.text('jwk_url');
  const issuer = validator.text('issuer');
  const audience = validator.texts('audience');
  const algorithm = validator.text('alg') ?? 'RS256';
  const known = issuers.all.find(({ keys }) => issuer !== undefined && keys.issuer === issuer);
  const isHmac = algorithm.startsWith('HS');
  const seconds = validator.number('cache_duration');
  const keys: TomlTable = {
    algorithms: [algorithm],
    clock_tolerance: '0s',
    ...(uri === undefined ? {} : { jwks_uri: uri.replace(/^http:\/\/(?!localhost|127\.)/, 'https://') }),
    ...(seconds === undefined
      ? {}
      : {
          jwks_cache: {
            min_fresh: durationText(Math.min(30, seconds), 1, 3600),
            max_age: durationText(seconds, 1, 86_400),
            max_fresh: durationText(seconds, 1, 86_400),
          },
        }),
  };
  const table =
    known?.name ??
    (isHmac
      ? undefined
      : issuers.add({
          label: hostLabel(issuer ?? uri ?? 'issuer'),
          line: validator.line,
          issuer,
          audience,
          keys,
        }));
  if (isHmac)
    losses.add(validator.line, `${what}: ${algorithm}`, 'its secret is in a JWKS that is fetched', 'refused');
  if (uri === undefined && !isHmac)
    losses.add(validator.line, `${what}: keys`, 'they are no URL', 'discovered from the issuer');
  const differs =
    known !== undefined &&
    JSON.stringify([known.keys.jwks_uri, known.keys.algorithms]) !==
      JSON.stringify([keys.jwks_uri, keys.algorithms]);
  if (differs)
    losses.add(
      validator.line,
      `${what}: keys of ${issuer}`,
      'another endpoint has other keys or algorithms for the same issuer',
      'refused',
    );
  if (validator.flag('disable_jwk_security') === true)
    losses.add(
      validator.lineOf('disable_jwk_security'),
      'disable_jwk_security',
      'keys over plain http',
      'https; in a private network, allow_http names the host instead',
    );
  const isOpen = uri?.startsWith('http:') === true && validator.flag('disable_jwk_security') !== true;
  if (isOpen)
    losses.add(
      validator.lineOf('jwk_url'),
      `${what}: jwk_url`,
      'plain http without disable_jwk_security is an error there',
      'refused',
    );
  const scopes = validator.texts('scopes') ?? [];
  const scopesKey = validator.text('scopes_key') ?? '';
  if (scopes.length > 0 && scopesKey === '')
    losses.add(
      validator.lineOf('scopes'),
      `${what}: scopes`,
      'without scopes_key they are not looked at there',
      'asked of the claim scope',
    );
  const scopesClaim = scopesKey === '' ? 'scope' : claimAt(scopesKey.split('.'));
  const roles = validator.texts('roles') ?? [];
  const rolesKey = validator.text('roles_key') || 'roles';
  const rolesClaim =
    validator.flag('roles_key_is_nested') === true ? nestedClaim(rolesKey) : claimAt([rolesKey]);
  const isOther =
    known !== undefined && JSON.stringify(known.keys.audience) !== JSON.stringify(audience ?? asked);
  if (isOther)
    losses.add(
      validator.line,
      `${what}: audience`,
      'another endpoint names another audience for the same issuer',
      `${known.name} keeps its own, and here both are asked for: put them together by hand`,
    );
  const requirement: readonly Requirement[] = [
    ...(audience === undefined || audience.length === 0
      ? []
      : audience.length === 1 && known === undefined
        ? []
        : [allAudiences(audience)]),
    ...(scopes.length === 0
      ? []
      : [(validator.text('scopes_matcher') === 'all' ? everyWord : anyWord)(scopesClaim, scopes)]),
    ...(roles.length === 0 ? [] : [anyWord(rolesClaim, roles)]),
  ];
  const header = validator.text('auth_header_name');
  const cookie = validator.text('cookie_key');
  const sources: readonly TomlValue[] = [
    header === undefined || header.toLowerCase() === 'authorization'
      ? 'bearer'
      : { header, scheme: 'Bearer' },
    ...(cookie === undefined ? [] : [{ cookie }]),
  ];
  const sent = validator
    .list('propagate_claims')
    .map((pair) => plainValue(pair))
    .filter(Array.isArray)
    .map((pair) => [String(pair[1]), nestedClaim(String(pair[0]))] as const);
  for (const key of [
    'cache',
    'operation_debug',
    'key_identify_strategy',
    'leeway',
    'jwk_local_path',
    'failed_jwk_key_cooldown',
  ])
    validator.node(key);
  const foreign = validator.unknown();
  for (const { key, line } of foreign) losses.add(line, `${what}: ${key}`, 'no counterpart', 'refused');
  const fits = table !== undefined && !differs && !isOpen && foreign.length === 0;
  return {
    access: fits ? withToken(allOf([issuedBy([table]), ...requirement])) : REFUSED,
    sources,
    ...(sent.length === 0 ? {} : { headers: Object.fromEntries(sent) }),
  };
}

/** A dot descends, but in a name that begins as a URL. */
const nestedClaim = (key: string): string => claimAt(key.startsWith('http') ? [key] : key.split('.'));

/** A token names all of them there. */
const allAudiences = (audience: readonly string[]): Requirement =>
  audience.length === 1
    ? anyOf([
        { claim: 'aud', equals: audience[0] ?? '' },
        { claim: 'aud', contains_all: audience },
      ])
    : { claim: 'aud', contains_all: audience };
