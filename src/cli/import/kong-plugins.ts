import { OPEN, REFUSED, withOptionalToken, withToken } from './access.ts';
import { claimName } from './claim-name.ts';
import { openIdAccess } from './kong-openid.ts';
import type { KongPlugin, KongTokens, PluginAccess } from './kong-policy.ts';
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

/** What a plugin asks of a request. */
export function pluginAccess({ name, table }: KongPlugin, tokens: KongTokens): PluginAccess {
  const { consumers, context } = tokens;
  const { losses } = context;
  const config = table.table('config');
  if (table.flag('enabled') === false) return { access: OPEN };
  switch (name) {
    case 'jwt':
      return jwtAccess(table, config, tokens);
    case 'acl': {
      const allow = config?.texts('allow') ?? config?.texts('whitelist');
      const deny = config?.texts('deny') ?? config?.texts('blacklist') ?? [];
      const fits = consumers.filter(({ groups }) =>
        allow === undefined
          ? !groups.some((group) => deny.includes(group))
          : groups.some((group) => allow.includes(group)),
      );
      return { access: withToken(issuedBy(fits.map((each) => each.table))) };
    }
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
