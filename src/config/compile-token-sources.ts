import type { Access } from '../core/policy.ts';
import type { TokenSource } from '../core/token-source.ts';
import type { Reading } from './place.ts';
import { type PathSegment, problem, problemAt, quoted } from './problem.ts';
import type { RequestRules } from './request-rules.ts';
import type { RouteTable } from './schema.ts';
import type { TokenSourceTable } from './token-sources-table.ts';

export type CompiledSources = Pick<Access, 'sources' | 'multipleTokens'>;

const PLACES = ['header', 'cookie', 'query', 'websocket_protocol'] as const;
/** What belongs to one kind of place alone. */
const BESIDE = { scheme: 'header', padded: 'header', allowed_origins: 'cookie' } as const;

const BEARER: TokenSource = { kind: 'bearer' };

/** Where the route's tokens may stand; `Authorization: Bearer` where nothing is said. */
export function compileTokenSources(
  table: RouteTable,
  rules: RequestRules,
  reading: Reading,
): CompiledSources {
  const { path, faulty, problems } = reading;
  const at = [...path, 'token_sources'];
  const sources = (table.token_sources ?? ['bearer']).flatMap((source, index) =>
    source === 'bearer'
      ? [BEARER]
      : compileSource(source, rules, {
          path: [...at, index],
          faulty: (...place) => faulty('token_sources', index, ...place),
          problems,
        }),
  );
  sources.forEach((source, index) => {
    const other = sources.slice(0, index).find((each) => overlap(each, source));
    if (other === undefined) return;
    problems.push(
      problem(
        [...at, index],
        `${quoted([nameOf(source)])} a second time`,
        'each place once, in one spelling',
      ),
    );
  });
  const handshakes = sources.findIndex(({ kind }) => kind === 'websocket_protocol');
  if (handshakes >= 0 && table.methods !== undefined && !table.methods.includes('GET')) {
    problems.push(
      problem([...at, handshakes], 'websocket_protocol on a route without GET', 'GET among the methods'),
    );
  }
  const kept = (table.keep_headers ?? []).map((header) => header.toLowerCase());
  const doubtful = sources.findIndex((source) => source.kind === 'header' && kept.includes(source.name));
  if (table.multiple_tokens === 'first' && doubtful > 0) {
    problems.push(
      problem(
        [...path, 'keep_headers'],
        `${quoted([nameOf(sources[doubtful] as TokenSource)])}, a token that another one goes before`,
        'no token that may have been verified by nobody; forward_token sends the one that was',
      ),
    );
  }
  if (table.multiple_tokens !== undefined && sources.length < 2 && !faulty('token_sources')) {
    problems.push(
      problem(
        [...path, 'multiple_tokens'],
        'multiple_tokens beside one token source',
        'multiple_tokens beside token_sources with several',
      ),
    );
  }
  return { sources, multipleTokens: table.multiple_tokens === 'first' ? 'first' : undefined };
}

function compileSource(
  table: TokenSourceTable,
  rules: RequestRules,
  { path, faulty, problems }: Reading,
): readonly TokenSource[] {
  const places = PLACES.filter((place) => table[place] !== undefined);
  if (places.length === 0 && faulty()) return [];
  if (places.length !== 1) {
    const found = places.length === 0 ? 'no place' : places.join(' and ');
    problems.push(problem(path, found, 'exactly one of header, cookie, query and websocket_protocol'));
    return [];
  }
  for (const [key, place] of Object.entries(BESIDE)) {
    if (table[key as keyof typeof BESIDE] === undefined || places[0] === place) continue;
    problems.push(problem([...path, key], `${key} beside ${places[0]}`, `${key} beside ${place}`));
  }
  const { header, cookie, query, websocket_protocol: protocol } = table;
  if (header !== undefined) return compileHeader(header, table, rules, { path, problems });
  if (cookie !== undefined) {
    return [{ kind: 'cookie', name: cookie, allowedOrigins: new Set(table.allowed_origins) }];
  }
  if (query !== undefined) return [{ kind: 'query', name: query }];
  const name = protocol as string;
  return [{ kind: 'websocket_protocol', name, form: name.endsWith('.') ? 'rest' : 'next' }];
}

interface Complaints {
  readonly path: readonly PathSegment[];
  readonly problems: Reading['problems'];
}

function compileHeader(
  header: string,
  { scheme, padded = false }: TokenSourceTable,
  rules: RequestRules,
  { path, problems }: Complaints,
): readonly TokenSource[] {
  const name = header.toLowerCase();
  const source = { kind: 'header', name, scheme: scheme?.toLowerCase(), padded } as const;
  if (source.scheme === 'bearer' && name === 'authorization') {
    problems.push(problem(path, 'the Authorization header with "Bearer"', '"bearer", which is this'));
  } else if (name !== 'authorization' && !rules.isKeepable(header) && rules.mappingFault(header)) {
    const allowed = 'a header without another meaning, such as "X-Token" or "Cf-Access-Jwt-Assertion"';
    problems.push(problemAt([...path, 'header'], header, allowed));
  }
  return [source];
}

/** Whether a request could hold one token that both find. */
function overlap(one: TokenSource, other: TokenSource): boolean {
  const [a, b] = [asHeader(one), asHeader(other)];
  if (a !== undefined && b !== undefined) {
    const alike = a.scheme === b.scheme || a.scheme === undefined || b.scheme === undefined;
    return a.name === b.name && alike;
  }
  return one.kind === other.kind && fold(nameOf(one)) === fold(nameOf(other));
}

const asHeader = (source: TokenSource): { name: string; scheme: string | undefined } | undefined =>
  source.kind === 'bearer'
    ? { name: 'authorization', scheme: 'bearer' }
    : source.kind === 'header'
      ? source
      : undefined;

const nameOf = (source: TokenSource): string => ('name' in source ? source.name : source.kind);

/** As origins read the names of cookies and parameters that differ in case and punctuation alone. */
const fold = (name: string): string => name.toLowerCase().replaceAll(/[._-]/g, '_');
