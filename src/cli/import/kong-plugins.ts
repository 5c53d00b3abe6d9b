import { OPEN, REFUSED, withOptionalToken, withToken } from './access.ts';
import { claimName } from './claim-name.ts';
import { openIdAccess } from './kong-openid.ts';
import type { KongPlugin, KongTokens, PluginAccess } from './kong-policy.ts';
import type { Losses } from './losses.ts';
import type { TomlValue } from './model.ts';
import { issuedBy } from './requirement.ts';
import type { SourceTable } from './source-node.ts';

/** Plugins that let through whatever comes, or limit how much. All others may refuse. */
const PASSING: ReadonlySet<string> = new Set([
  'cors',
  'rate-limiting',
  'rate-limiting-advanced',
  'response-ratelimiting',
  'proxy-cache',
  'prometheus',
  'zipkin',
  'opentelemetry',
  'datadog',
  'statsd',
  'correlation-id',
  'file-log',
  'http-log',
  'tcp-log',
  'udp-log',
  'syslog',
  'loggly',
  'request-transformer',
  'response-transformer',
  'request-size-limiting',
]);

export const isPassing = (name: string): boolean => PASSING.has(name);

/** Keys of a plugin beside its name and configuration that change nothing about whom it refuses. */
const BESIDE = ['name', 'config', 'enabled', 'service', 'route', 'tags', 'id', 'instance_name', 'ordering'];

/** What a plugin asks of a request; `names`: those that apply beside it. */
export function pluginAccess(
  { name, table }: KongPlugin,
  names: readonly string[],
  tokens: KongTokens,
): PluginAccess {
  const { losses } = tokens.context;
  const config = table.table('config');
  for (const key of BESIDE) table.node(key);
  const protocols = table.texts('protocols');
  const isEverywhere = protocols === undefined || ['http', 'https'].every((each) => protocols.includes(each));
  const foreign = table.unknown();
  if (PASSING.has(name) || (foreign.length === 0 && isEverywhere))
    return ofName({ name, table }, config, names, tokens);
  losses.add(
    table.line,
    `plugin ${name}`,
    `when it applies is not known: ${foreign.map(({ key }) => key).join(', ') || 'protocols'}`,
    'refused where it is bound',
  );
  return { access: REFUSED };
}

function ofName(
  { name, table }: KongPlugin,
  config: SourceTable | undefined,
  names: readonly string[],
  tokens: KongTokens,
): PluginAccess {
  const { losses } = tokens.context;
  switch (name) {
    case 'jwt':
      return jwtAccess(table, config, tokens);
    case 'acl':
      return aclAccess(table, config, names.includes('jwt') ? tokens : undefined, losses);
    case 'openid-connect':
      return openIdAccess(config, table.line, tokens);
    default:
      if (PASSING.has(name)) {
        losses.add(
          table.line,
          `plugin ${name}`,
          'no counterpart in what is imported',
          'left out; who may pass does not hang on it',
        );
        return { access: OPEN };
      }
      losses.add(
        table.line,
        `plugin ${name}`,
        'it may refuse requests, and is not carried over',
        'refused where it is bound',
      );
      return { access: REFUSED };
  }
}

/** Groups of consumers, whom a plugin before it has to have known: `tokens` undefined where none is. */
function aclAccess(
  table: SourceTable,
  config: SourceTable | undefined,
  tokens: KongTokens | undefined,
  losses: Losses,
): PluginAccess {
  const allow = config?.texts('allow') ?? config?.texts('whitelist');
  const deny = config?.texts('deny') ?? config?.texts('blacklist');
  config?.node('hide_groups_header');
  const foreign = config?.unknown() ?? [];
  const isKnown = foreign.length === 0 && (allow === undefined) !== (deny === undefined);
  if (tokens === undefined || !isKnown) {
    losses.add(
      table.line,
      'plugin acl',
      isKnown
        ? 'no plugin says who the consumer is'
        : `not known: ${foreign.map(({ key }) => key).join(', ') || 'allow and deny'}`,
      'refused where it is bound',
    );
    return { access: REFUSED };
  }
  const fits = tokens.consumers.filter(({ groups }) =>
    allow === undefined
      ? !groups.some((group) => deny?.includes(group))
      : groups.some((group) => allow.includes(group)),
  );
  return { access: withToken(issuedBy(fits.map((each) => each.table))) };
}

function jwtAccess(
  table: SourceTable,
  config: SourceTable | undefined,
  { consumers, context: { losses } }: KongTokens,
): PluginAccess {
  const all = issuedBy(consumers.map((each) => each.table));
  const claim = config?.text('key_claim_name') ?? 'iss';
  if (claim !== 'iss') {
    losses.add(
      table.line,
      'key_claim_name',
      `${claimName(claim)} chooses the key there, and here iss does`,
      'refused where it is bound',
    );
    return { access: REFUSED };
  }
  const headers = (config?.texts('header_names') ?? ['authorization']).map(
    (header): TomlValue =>
      header.toLowerCase() === 'authorization' ? 'bearer' : { header, scheme: 'Bearer' },
  );
  const queries = (config?.texts('uri_param_names') ?? []).map((query): TomlValue => ({ query }));
  const cookies = (config?.texts('cookie_names') ?? []).map((cookie): TomlValue => ({ cookie }));
  for (const key of [
    'claims_to_verify',
    'secret_is_base64',
    'run_on_preflight',
    'realm',
    'maximum_expiration',
  ])
    config?.node(key);
  if ((config?.number('maximum_expiration') ?? 0) > 0)
    losses.add(
      table.line,
      'maximum_expiration',
      'it counts from now there, and from iat here',
      'max_token_lifetime, which is stricter, for all credentials',
    );
  if (config?.flag('run_on_preflight') === false)
    losses.add(
      table.line,
      'run_on_preflight',
      'preflights pass without a token there',
      'refused: docs/browsers.md has cors',
    );
  const anonymous = config?.text('anonymous');
  if (anonymous !== undefined && anonymous !== '')
    losses.add(
      table.line,
      'anonymous',
      'there a bad token passes as anonymous too',
      'only requests without a token pass',
    );
  const foreign = config?.unknown() ?? [];
  for (const { key, line } of foreign)
    losses.add(line, `jwt: ${key}`, 'not known', 'refused where it is bound');
  if (foreign.length > 0) return { access: REFUSED };
  return {
    access: anonymous === undefined || anonymous === '' ? withToken(all) : withOptionalToken(all),
    sources: [...headers, ...queries, ...cookies],
  };
}
