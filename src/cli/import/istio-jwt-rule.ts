import { jwksIn } from './inline-jwks.ts';
import { ASYMMETRIC, type IssuerFacts } from './issuer-table.ts';
import type { Losses } from './losses.ts';
import type { TomlTable, TomlValue } from './model.ts';
import { SourceFault, type SourceTable } from './source-node.ts';

/** A JWTRule of a RequestAuthentication. */
export function readJwtRule(rule: SourceTable, losses: Losses): IssuerFacts {
  const issuer = rule.text('issuer');
  if (issuer === undefined) throw new SourceFault(rule.line, 'a jwtRule without issuer');
  const jwks = rule.text('jwks');
  const jwksUri = rule.text('jwksUri') ?? rule.text('jwks_uri');
  const facts: IssuerFacts = {
    label: labelOf(issuer),
    line: rule.line,
    issuer,
    audience: rule.texts('audiences'),
    keys: {
      algorithms: ASYMMETRIC,
      required_claims: ['sub'],
      clock_tolerance: '60s',
      ...(jwks === undefined ? {} : jwksIn(jwks, rule.lineOf('jwks'))),
      ...(jwksUri === undefined ? {} : { jwks_uri: jwksUri }),
    },
    sources: sourcesOf(rule, losses),
    headers: headersOf(rule),
    forwardsToken: rule.flag('forwardOriginalToken') ?? false,
  };
  if (rule.has('timeout'))
    losses.add(rule.lineOf('timeout'), `timeout of ${issuer}`, 'no counterpart', 'left out');
  for (const { key, line } of rule.unknown())
    losses.add(line, `${key} of ${issuer}`, 'not known', 'left out');
  return facts;
}

/** Claims that are lists of words in one text there, besides those that always are. */
export const spacedClaims = (rule: SourceTable, losses: Losses): readonly string[] => {
  const names = rule.texts('spaceDelimitedClaims') ?? [];
  if (names.length > 0)
    losses.add(
      rule.lineOf('spaceDelimitedClaims'),
      'spaceDelimitedClaims',
      'a rule compares the whole text, or an element of a list',
      'an ALLOW takes fewer tokens, and a DENY refuses every token that has the claim',
    );
  return names;
};

/** The host of the issuer, without what most hosts have. */
function labelOf(issuer: string): string {
  const host = URL.canParse(issuer) ? new URL(issuer).hostname : issuer;
  return (
    host
      .replace(/@.*$/, '')
      .replace(/^(?:www|id|login|accounts|auth)\./, '')
      .split('.')[0] ?? 'issuer'
  );
}

function sourcesOf(rule: SourceTable, losses: Losses): readonly TomlValue[] {
  const headers = rule.tables('fromHeaders').flatMap((header): readonly TomlValue[] => {
    const name = header.text('name') ?? '';
    const prefix = header.text('prefix') ?? '';
    if (name.toLowerCase() === 'authorization' && prefix.toLowerCase() === 'bearer ') return ['bearer'];
    if (name.toLowerCase() !== 'authorization' && prefix === '') return [{ header: name }];
    if (/^[\w-]+ $/.test(prefix)) return [{ header: name, scheme: prefix.trim() }];
    losses.add(
      header.line,
      `fromHeaders ${name}`,
      'its prefix is no scheme',
      'tokens are not looked for there',
    );
    return [];
  });
  const params = (rule.texts('fromParams') ?? []).map((query): TomlValue => ({ query }));
  const cookies = (rule.texts('fromCookies') ?? []).map((cookie): TomlValue => ({ cookie }));
  const named = [...headers, ...params, ...cookies];
  const isNamed = rule.has('fromHeaders') || rule.has('fromParams') || rule.has('fromCookies');
  return isNamed ? named : ['bearer'];
}

function headersOf(rule: SourceTable): TomlTable {
  const payload = rule.text('outputPayloadToHeader');
  const claims = rule
    .tables('outputClaimToHeaders')
    .map((each): [string, TomlValue] => [
      each.text('header') ?? '',
      (each.text('claim') ?? '').replace(/^(?=[^/]*\.)/, '/').replaceAll('.', '/'),
    ]);
  return {
    ...(payload === undefined ? {} : { [payload]: { payload: 'base64url' } }),
    ...Object.fromEntries(claims),
  };
}
