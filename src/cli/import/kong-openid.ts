import { REFUSED, withToken } from './access.ts';
import { claimAt } from './claim-name.ts';
import { hostLabel } from './host-label.ts';
import { ASYMMETRIC } from './issuer-table.ts';
import type { KongTokens, PluginAccess } from './kong-policy.ts';
import { allOf, anyOf, everyWord, issuedBy, type Requirement, textOrElement } from './requirement.ts';
import type { SourceTable } from './source-node.ts';

/** `openid-connect` for bearer tokens. Whatever else it may do there is not done, and what it may ask besides refuses. */
export function openIdAccess(
  config: SourceTable | undefined,
  line: number,
  { issuers, context: { losses } }: KongTokens,
): PluginAccess {
  const refuse = (why: string, done = 'refused where it is bound'): PluginAccess => {
    losses.add(line, 'plugin openid-connect', why, done);
    return { access: REFUSED };
  };
  const address = config?.text('issuer');
  if (config === undefined || address === undefined) return refuse('it names no issuer');
  const methods = config.texts('auth_methods');
  if (methods !== undefined && !methods.includes('bearer'))
    return refuse('bearer is not among its auth_methods');
  if (methods === undefined || methods.length > 1)
    losses.add(
      line,
      'auth_methods',
      'logins, sessions and introspection have no counterpart',
      'bearer alone',
    );
  const required = ['scopes', 'roles', 'groups'].flatMap((kind): readonly Requirement[] => {
    const wanted = config.texts(`${kind}_required`);
    const claim = claimAt(config.texts(`${kind}_claim`) ?? [kind === 'scopes' ? 'scope' : kind]);
    return wanted === undefined
      ? []
      : [anyOf(wanted.map((words) => everyWord(claim, words.split(/\s+/).filter(Boolean))))];
  });
  const audiences = config.texts('audience_required');
  const whole = audiences?.every((audience) => !audience.includes(' ')) ?? true;
  if (!whole) return refuse('audience_required asks for several at once');
  const names = config.texts('upstream_headers_names') ?? [];
  const claims = config.texts('upstream_headers_claims') ?? [];
  for (const key of [
    'client_id',
    'client_secret',
    'scopes',
    'ssl_verify',
    'cache_ttl',
    'audience_claim',
    'display_errors',
    'logout_methods',
    'bearer_token_param_type',
    'verify_parameters',
    'hide_credentials',
    'redirect_uri',
    'session_secret',
    'leeway',
    'timeout',
  ])
    config.node(key);
  const foreign = config.unknown();
  if (config.has('audience_claim') && config.text('audience_claim') !== 'aud')
    return refuse('audience_claim');
  if (foreign.length > 0) return refuse(`not known: ${foreign.map(({ key }) => key).join(', ')}`);
  const issuer = address.replace(/\/?\.well-known\/openid-configuration$/, '');
  const known = issuers.all.find(({ keys }) => keys.issuer === issuer && keys.algorithms === ASYMMETRIC);
  const table =
    known?.name ??
    issuers.add({
      label: hostLabel(issuer),
      line,
      issuer,
      audience: audiences,
      keys: { algorithms: ASYMMETRIC, clock_tolerance: '0s' },
    });
  if (table === undefined) return refuse('its issuer is there already');
  const audience = known === undefined || audiences === undefined ? [] : [textOrElement('aud', audiences)];
  return {
    access: withToken(allOf([issuedBy([table]), ...required, ...audience])),
    sources: ['bearer'],
    headers: Object.fromEntries(names.map((name, index) => [name, claims[index] ?? ''])),
  };
}
