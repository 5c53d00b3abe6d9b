import type { Access } from '../core/policy.ts';
import type { ReceivedRequest, RequestTarget } from '../core/received-request.ts';
import { err, type Ok, type Result } from '../core/result.ts';
import type { TokenSource } from '../core/token-source.ts';
import { findInCookie, removeCookie } from './cookie.ts';
import { extractBearer } from './extract.ts';
import { findInHeader, removeHeader } from './header.ts';
import { ACCESS_TOKEN, hasAccessToken } from './parameter-spellings.ts';
import { findInQuery, removeParameter, withoutParameter } from './query.ts';
import { findInProtocols, removeProtocols, selectProtocol } from './websocket-protocol.ts';

/** Where tokens may stand in a request. */
export interface TokenCarrier {
  readonly received: Pick<ReceivedRequest, 'method' | 'headers'>;
  readonly target: Pick<RequestTarget, 'scheme' | 'authority' | 'search'>;
}

export interface TokenLimits {
  readonly maxTokenBytes: number;
  /** Tokens that have been through this and verified: their characters are not looked at again. */
  readonly known: { has(token: string): boolean } | undefined;
}

export interface FoundToken extends Ok<string> {
  readonly source: TokenSource;
}

/**
 * The token of a request and where it stood. A source that has one which is malformed, too large or twofold refuses,
 * whatever the others hold; tokens in two sources are `credentials_multiple`, unless the first is to decide, and so is
 * an `access_token` in the query of a route that looks for none there. Not parsed; says nothing about the token.
 */
export function findToken(
  { sources, multipleTokens }: Pick<Access, 'sources' | 'multipleTokens'>,
  carrier: TokenCarrier,
  limits: TokenLimits,
): FoundToken | Exclude<Result<string>, Ok<string>> {
  let token: FoundToken | undefined;
  for (let i = 0; i < sources.length; i++) {
    const source = sources[i] as TokenSource;
    const found = findIn(source, carrier, limits);
    if (!found.ok) {
      if (found.error.reason !== 'credentials_missing') return found;
    } else if (token === undefined) {
      token = { ok: true, value: found.value, source };
      if (multipleTokens === 'first') break;
    } else {
      return err({ reason: 'credentials_multiple', evidence: `${token.source.kind} and ${source.kind}` });
    }
  }
  if (token === undefined) return err({ reason: 'credentials_missing' });
  return isSecondInQuery(token.source, sources, carrier.target.search)
    ? err({ reason: 'credentials_multiple', evidence: 'query_access_token' })
    : token;
}

function findIn(
  source: TokenSource,
  { received, target }: TokenCarrier,
  { maxTokenBytes, known }: TokenLimits,
): Result<string> {
  const { method, headers } = received;
  switch (source.kind) {
    case 'bearer':
      return extractBearer(headers, target.search, maxTokenBytes, known);
    case 'header':
      return findInHeader(source, headers, maxTokenBytes);
    case 'cookie':
      return findInCookie(source, { method, headers, target }, maxTokenBytes);
    case 'query':
      return findInQuery(source, target.search, maxTokenBytes);
    case 'websocket_protocol':
      return findInProtocols(source, received, maxTokenBytes);
  }
}

/** RFC 6750 §3.1, "more than one method". `extractBearer` has asked for itself. */
const isSecondInQuery = ({ kind }: TokenSource, sources: readonly TokenSource[], search: string): boolean =>
  kind !== 'bearer' &&
  !sources.some((source) => source.kind === 'query' && source.name === ACCESS_TOKEN) &&
  hasAccessToken(search);

/**
 * Takes out of what goes to the origin whatever stands in one of the sources, token or not, looked at or not. Returns
 * the query. `Authorization` is no affair of this: `origin/strip.ts` takes it away on every route.
 */
export function removeTokens(sources: readonly TokenSource[], headers: Headers, search: string): string {
  let rest = search;
  for (const source of sources) {
    switch (source.kind) {
      case 'bearer':
        break;
      case 'header':
        removeHeader(source, headers);
        break;
      case 'cookie':
        removeCookie(source, headers);
        break;
      case 'query':
        rest = removeParameter(source, headers, rest);
        break;
      case 'websocket_protocol':
        removeProtocols(source, headers);
        break;
    }
  }
  return rest;
}

/** The answer that the client can read, where a source is a part of what was agreed on; else the answer as it is. */
export function acknowledge(sources: readonly TokenSource[], offered: Headers, answer: Response): Response {
  for (const source of sources) {
    const selected =
      source.kind === 'websocket_protocol' ? selectProtocol(source, offered, answer) : undefined;
    if (selected !== undefined) return selected;
  }
  return answer;
}

/** The query, to be shown to somebody else than the origin. */
export function withoutTokens(sources: readonly TokenSource[], search: string): string {
  let rest = search;
  for (const source of sources) {
    if (source.kind === 'query') rest = withoutParameter(source.name, rest);
  }
  return rest;
}
