import { isRefused, OPEN, REFUSED } from './access.ts';
import { firstMatch, type Rule, tellOfSet } from './first-match.ts';
import { IssuerTables } from './issuer-table.ts';
import type { TomlTable, Upstream } from './model.ts';
import { openRoutes, openTo, setsOf } from './oauth2-proxy-routes.ts';
import { guarded } from './oauth2-proxy-tokens.ts';
import { beginningWith, exactSet, onePath } from './path-set.ts';
import type { Peer, PeerContext } from './peer.ts';
import { EVERYTHING } from './request-set.ts';
import { SourceFault, SourceTable } from './source-node.ts';
import { shownAddress, upstreamOf } from './upstream-url.ts';

/** Of a login, cookies and pages, which have no counterpart, and of how it runs. */
const ABOUT_LOGIN =
  /^(?:cookie_|session_|redis_|client_secret|redirect_url|scope$|prompt|approval_prompt|login_url|redeem_url|profile_url|validate_url|custom_|banner|footer|display_|sign|proxy_prefix|http_address|https_address|metrics_|logging|auth_logging|request_logging|standard_logging|silence_|exclude_logging|ping_|ready_path|tls_|reverse_proxy|real_client_ip_header|whitelist_domains|code_challenge_method|provider_display_name|skip_provider_button|show_debug|force_https|insecure_oidc_skip_nonce|errors_to_info|backend_logout_url|encode_state|config$|flush_interval|proxy_websockets|upstream_timeout|api_routes|api_route$|ssl_|pass_|set_|prefer_email_to_user|basic_auth_password|acr_values|skip_auth_strip_headers|request_id_header|allow_query_semicolons|force_json_errors|bearer_token_login_fallback|trusted_proxy_ips?$)/;

export const oauth2Proxy: Peer = {
  title: 'oauth2-proxy',
  differences: [
    'Bearer tokens alone are taken: logins, cookies and sessions are for a page of yours, or the token service (docs/token-service.md).',
    'A token without the claim "email" meets no email_domains; there "sub" stands in for it.',
    'What it answers itself (/oauth2/…, /ping, /robots.txt) goes to the origin, under the same rules.',
    'Environment variables (OAUTH2_PROXY_…) are not read.',
    'X-Forwarded-User and the like (pass_…, set_…) are not sent: map claims to headers.',
    'Text is compared in its letter case.',
  ],
  recognises: (documents) =>
    documents.some(
      ({ value }) =>
        value instanceof Map &&
        [
          'oidc_issuer_url',
          'upstreams',
          'upstream',
          'skip_auth_routes',
          'email_domains',
          'email_domain',
        ].some((key) => value.has(key)),
    ),
  read(documents, context) {
    const [document, ...others] = documents;
    if (document === undefined || others.length > 0) throw new SourceFault(1, 'one document, not several');
    const config = new SourceTable(document, 'the configuration');
    const issuers = new IssuerTables(context);
    const access = guarded(config, issuers, context);
    const open = openRoutes(config, context);
    const upstreams = upstreamRules(config, context);
    const foreign = config.unknown().filter(({ key }) => !ABOUT_LOGIN.test(key));
    for (const { key, line } of foreign) {
      context.losses.add(line, key, 'not known', 'refused, but for what passes without a login');
    }
    const everything = {
      match: EVERYTHING,
      outcome: {
        label: 'everything',
        line: 1,
        access: foreign.length > 0 ? REFUSED : access,
        upstream: { origin: context.origin },
      },
    };
    const isOpen = openTo(open);
    const decideWay = firstMatch(upstreams.map((rule) => [rule]));
    return {
      issuers: issuers.all,
      sets: [...open.flatMap(setsOf), ...[...upstreams, everything].map(({ match }) => match)],
      decide: (reach) => {
        const [asked, way] = [isOpen(reach) ?? everything.outcome, decideWay(reach)];
        if (asked === undefined || way === undefined) return undefined;
        return { ...asked, upstream: way.upstream, access: isRefused(way.access) ? REFUSED : asked.access };
      },
    };
  },
};

/** Upstreams by their path: the longest wins, and one that does not end with a slash is that path alone. */
function upstreamRules(config: SourceTable, { losses, origin }: PeerContext): readonly Rule[] {
  const line = config.lineOf(config.has('upstreams') ? 'upstreams' : 'upstream');
  const headers: TomlTable = {};
  const given = ['upstream', 'upstreams'].flatMap((key) => config.texts(key) ?? []);
  if (given.length === 0)
    return [
      {
        match: EVERYTHING,
        outcome: { label: 'upstream', line, access: OPEN, upstream: { origin }, headers },
      },
    ];
  return given
    .map((text) => {
      const url = URL.canParse(text) ? new URL(text) : undefined;
      const path = url === undefined || !/^https?:$/.test(url.protocol) ? '/' : url.pathname;
      return { text, url, path };
    })
    .toSorted((a, b) => b.path.length - a.path.length)
    .map(({ text, url, path }): Rule => {
      const isHttp = url !== undefined && /^https?:$/.test(url.protocol);
      if (!isHttp) losses.add(line, `upstream ${shownAddress(text)}`, 'no http or https URL', 'not served');
      const upstream: Upstream =
        origin !== undefined
          ? { origin }
          : upstreamOf(isHttp ? url.origin : '', { line, what: `upstream ${shownAddress(text)}`, losses });
      const paths = exactSet(path.endsWith('/') ? beginningWith(path) : onePath(path));
      tellOfSet(line, `upstream ${shownAddress(text)}`, { ...EVERYTHING, paths }, losses);
      return {
        match: { ...EVERYTHING, paths },
        outcome: isHttp ? { label: 'upstream', line, access: OPEN, upstream } : undefined,
      };
    });
}
