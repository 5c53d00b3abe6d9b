import { type Access, OPEN, REFUSED, withToken } from './access.ts';
import { hostLabel } from './host-label.ts';
import type { IssuerTables } from './issuer-table.ts';
import type { TomlValue } from './model.ts';
import type { PeerContext } from './peer.ts';
import { allOf, issuedBy, type Requirement } from './requirement.ts';
import { SourceTable } from './source-node.ts';

const AUTHORIZER = 'x-amazon-apigateway-authorizer';

/** An authorizer of the file: the ISSUERS table and where the token stands; undefined where it is no JWT authorizer. */
export type Authorizers = ReadonlyMap<
  string,
  { readonly table: string; readonly sources: readonly TomlValue[] } | undefined
>;

/** The JWT authorizers of the document, by the names of its security schemes. */
export function authorizersOf(
  config: SourceTable,
  issuers: IssuerTables,
  { losses }: PeerContext,
): Authorizers {
  const schemes = config.table('components')?.table('securitySchemes')?.members() ?? [];
  return new Map(
    schemes.map(([label, node]) => {
      const authorizer = new SourceTable(node, label).table(AUTHORIZER);
      const jwt = authorizer?.table('jwtConfiguration');
      if (authorizer?.text('type') !== 'jwt' || jwt === undefined) {
        losses.add(node.line, `authorizer ${label}`, 'no JWT authorizer', 'refused where it is asked');
        return [label, undefined] as const;
      }
      const issuer = jwt.text('issuer');
      const table = issuers.add({
        label: label === '' ? hostLabel(issuer ?? '') : label,
        line: node.line,
        issuer,
        audience: jwt.texts('audience'),
        keys: { algorithms: ['RS256', 'RS384', 'RS512'], clock_tolerance: '0s' },
      });
      const sources = (authorizer.texts('identitySource') ?? ['$request.header.Authorization']).map(sourceOf);
      for (const key of [
        'authorizerPayloadFormatVersion',
        'authorizerResultTtlInSeconds',
        'enableSimpleResponses',
      ])
        authorizer.node(key);
      const foreign = [...authorizer.unknown(), ...jwt.unknown()];
      for (const { key, line } of foreign)
        losses.add(line, `authorizer ${label}: ${key}`, 'not known', 'refused where it is asked');
      const isRead =
        table !== undefined && foreign.length === 0 && sources.every((source) => source !== undefined);
      return [
        label,
        isRead ? { table, sources: sources.filter((source) => source !== undefined) } : undefined,
      ] as const;
    }),
  );
}

function sourceOf(text: string): TomlValue | undefined {
  const [, place, given = ''] = /^\$request\.(header|querystring)\.([\w-]+)$/.exec(text) ?? [];
  if (place === 'querystring') return { query: given };
  if (place !== 'header') return undefined;
  return given.toLowerCase() === 'authorization' ? 'bearer' : { header: given };
}

/** What one security requirement of an operation asks for; one of its scopes is enough. */
export function securityAccess(
  table: SourceTable,
  authorizers: Authorizers,
  what: string,
  { losses }: PeerContext,
): { readonly access: Access; readonly sources?: readonly TomlValue[] } {
  const [first, ...more] = table.members();
  if (first === undefined) return { access: OPEN };
  const [label] = first;
  const authorizer = authorizers.get(label);
  if (authorizer === undefined || more.length > 0) {
    losses.add(
      table.line,
      what,
      authorizer === undefined ? `${label} is no JWT authorizer of the file` : 'several authorizers at once',
      'refused',
    );
    return { access: REFUSED };
  }
  const scopes = table.texts(label) ?? [];
  const words: Requirement = { scope: scopes, ...(scopes.length > 1 ? { scope_match: 'any' } : {}) };
  return {
    access: withToken(allOf([issuedBy([authorizer.table]), scopes.length === 0 ? true : words])),
    sources: authorizer.sources,
  };
}
