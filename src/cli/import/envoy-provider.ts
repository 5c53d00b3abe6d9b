import { durationSeconds, durationText } from './durations.ts';
import { jwksIn } from './inline-jwks.ts';
import { ASYMMETRIC, type IssuerFacts } from './issuer-table.ts';
import type { Losses } from './losses.ts';
import type { TomlTable, TomlValue } from './model.ts';
import { plainValue, type SourceTable, snakeCase } from './source-node.ts';

/** A JwtProvider message, without its audiences' being joined by those of the rules. */
export function readProvider(
  label: string,
  provider: SourceTable,
  losses: Losses,
): { readonly facts: IssuerFacts; readonly usable: boolean } {
  const { line } = provider;
  const facts: IssuerFacts = {
    label,
    line,
    issuer: provider.text('issuer'),
    audience: provider.texts('audiences'),
    keys: { algorithms: ASYMMETRIC, ...keysOf(label, provider, losses), ...timesOf(provider, losses) },
    sources: sourcesOf(label, provider, losses),
    headers: headersOf(provider),
    forwardsToken: provider.flag('forward') ?? false,
  };
  const foreign = provider.unknown().filter(({ key }) => !HARMLESS.has(key));
  for (const { key, line: at } of foreign) {
    losses.add(at, `${key} of ${label}`, 'no counterpart', 'its tokens are taken nowhere');
  }
  return { facts, usable: foreign.length === 0 };
}

/** Metadata and caches of Envoy's own, which decide nothing about a request. */
const HARMLESS: ReadonlySet<string> = new Set([
  'payload_in_metadata',
  'header_in_metadata',
  'failed_status_in_metadata',
  'jwt_cache_config',
  'normalize_payload_in_metadata',
  'pad_forward_payload_header',
  'clear_route_cache',
]);

function keysOf(label: string, provider: SourceTable, losses: Losses): TomlTable {
  const local = provider.table('local_jwks', snakeCase);
  if (local !== undefined) {
    const inline = local.text('inline_string');
    if (inline !== undefined) return jwksIn(inline, provider.lineOf('local_jwks'));
    losses.add(
      provider.lineOf('local_jwks'),
      `local_jwks of ${label}`,
      'the keys are not in the file',
      'left out: keys are discovered from the issuer',
    );
    return {};
  }
  const remote = provider.table('remote_jwks', snakeCase);
  const http = remote?.table('http_uri', snakeCase);
  const uri = http?.text('uri');
  const fresh = durationSeconds(durationNode(remote, 'cache_duration'));
  const timeout = durationSeconds(durationNode(http, 'timeout'));
  const seconds = fresh === undefined ? undefined : durationText(fresh, 30, 86_400);
  const cache: TomlTable = {
    ...(seconds === undefined
      ? {}
      : {
          min_fresh: durationText(Math.min(30, fresh ?? 30), 1, 3600),
          max_age: seconds,
          max_fresh: seconds,
        }),
    ...(timeout === undefined ? {} : { timeout: durationText(timeout, 0.1, 30) }),
  };
  return {
    ...(uri === undefined ? {} : { jwks_uri: uri }),
    ...(Object.keys(cache).length === 0 ? {} : { jwks_cache: cache }),
  };
}

const durationNode = (table: SourceTable | undefined, key: string): unknown => {
  const node = table?.node(key);
  return node && plainValue(node);
};

/** Clock skew is 60 seconds there unless it is said. */
function timesOf(provider: SourceTable, losses: Losses): TomlTable {
  const skew = provider.number('clock_skew_seconds') ?? 60;
  if (skew > 300)
    losses.add(
      provider.lineOf('clock_skew_seconds'),
      'clock_skew_seconds',
      'more than five minutes',
      'five minutes',
    );
  provider.flag('require_expiration');
  const lifetime = durationSeconds(durationNode(provider, 'max_lifetime'));
  if (lifetime !== undefined) {
    losses.add(
      provider.lineOf('max_lifetime'),
      'max_lifetime',
      'it counts from now there, and from iat here',
      'max_token_lifetime, which is stricter',
    );
  }
  return {
    clock_tolerance: durationText(skew, 0, 300),
    ...(lifetime === undefined ? {} : { max_token_lifetime: durationText(lifetime, 60, 366 * 86_400) }),
  };
}

function sourcesOf(label: string, provider: SourceTable, losses: Losses): readonly TomlValue[] {
  const headers = provider.tables('from_headers', snakeCase).flatMap((header): readonly TomlValue[] => {
    const name = header.text('name') ?? '';
    const prefix = header.text('value_prefix') ?? '';
    if (name.toLowerCase() === 'authorization' && prefix.toLowerCase() === 'bearer ') return ['bearer'];
    if (prefix === '') return name.toLowerCase() === 'authorization' ? [] : [{ header: name }];
    if (/^[\w-]+ $/.test(prefix)) return [{ header: name, scheme: prefix.trim() }];
    losses.add(
      header.line,
      `from_headers ${name} of ${label}`,
      `the prefix ${JSON.stringify(prefix)} is no scheme`,
      'tokens are not looked for there',
    );
    return [];
  });
  const params = (provider.texts('from_params') ?? []).map((query): TomlValue => ({ query }));
  const cookies = (provider.texts('from_cookies') ?? []).map((cookie): TomlValue => ({ cookie }));
  const all = [...headers, ...params, ...cookies];
  if (all.length === 0) return ['bearer'];
  return all;
}

function headersOf(provider: SourceTable): TomlTable {
  const payload = provider.text('forward_payload_header');
  const claims = provider.tables('claim_to_headers', snakeCase).map((each): [string, TomlValue] => {
    const claim = each.text('claim_name') ?? '';
    return [each.text('header_name') ?? '', claim.includes('.') ? `/${claim.replaceAll('.', '/')}` : claim];
  });
  return {
    ...(payload === undefined ? {} : { [payload]: { payload: 'base64url' } }),
    ...Object.fromEntries(claims),
  };
}
