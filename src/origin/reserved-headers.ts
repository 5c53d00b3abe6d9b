import { foldHeaderName } from '../core/fold-header-name.ts';

/**
 * Headers that mean this connection only (RFC 9110 §7.6.1) or the message's framing, or that the gateway itself
 * consumes. `upgrade` is let through for a WebSocket by `strip.ts`. `expect` and `trailer` are here because the runtime
 * has already answered the one and drops what the other announces; `host` because the origin's name follows from its URL.
 */
const HOP_BY_HOP: ReadonlySet<string> = new Set([
  'connection',
  'expect',
  'host',
  'http2-settings',
  'keep-alive',
  'proxy-authenticate',
  'proxy-authentication-info',
  'proxy-authorization',
  'proxy-connection',
  'te',
  'trailer',
  'trailers',
  'transfer-encoding',
  'upgrade',
]);

/**
 * Names by which origins learn from a proxy in front of them who the client is, where it came from, or which method
 * and URL it "really" asked for. From a client they are claims without proof.
 *
 * `cf-connecting-ip` and its like are written by Cloudflare's edge on the way out, whatever the Worker sends, and are
 * the client's word on any other host of this Worker; `true-client-ip` the edge writes for some plans only.
 * RFC 9440 §2.4 asks for `client-cert` and `client-cert-chain`.
 */
const FORWARDING: ReadonlySet<string> = new Set([
  'cf-connecting-ip',
  'cf-connecting-ipv6',
  'cf-pseudo-ipv4',
  'client-cert',
  'client-cert-chain',
  'client-ip',
  'do-connecting-ip',
  'fastly-client-ip',
  'fly-client-ip',
  'forwarded',
  'forwarded-for',
  'front-end-https',
  'http-client-ip',
  'http-x-forwarded-for',
  'proxy',
  'proxy-client-ip',
  'true-client-ip',
  'wl-proxy-client-ip',
  'x-azure-clientip',
  'x-azure-socketip',
  'x-backend-host',
  'x-client-cert',
  'x-client-ip',
  'x-cluster-client-ip',
  'x-forward-for',
  'x-forwarded',
  'x-forwarder-for',
  'x-host',
  'x-http-destinationurl',
  'x-http-host-override',
  'x-http-method',
  'x-http-method-override',
  'x-method',
  'x-method-override',
  'x-originating-ip',
  'x-override-url',
  'x-proxy-url',
  'x-proxyuser-ip',
  'x-real-ip',
  'x-scheme',
  'x-sendfile-type',
  'x-server-name',
  'x-true-client-ip',
  'x-url-scheme',
]);

/** Families of such names; the first is the gateway's own. */
const FORWARDING_PREFIX =
  /^x-(?:portcullis|forwarded|original|rewrite|remote|envoy|accel|appengine|auth-request|webauth|ssl)-/;

/**
 * Names by which other identity-aware proxies tell an origin who is calling: Google IAP and API Gateway, Entra Easy Auth,
 * Amazon ALB and API Gateway, Kong, Pomerium, Cloudflare Access, Authentik, Authelia, Tailscale, Teleport, Vouch,
 * mod_auth_openidc, Shibboleth, SiteMinder, WebSEAL, Oracle Access Manager, Caddy Security and Linkerd, TLS terminators,
 * what turns an API Gateway event back into a request, and the header by which Next.js skips its own middleware
 * (CVE-2025-29927). `Impersonate-*` is not among them: without it Kubernetes would allow more than was asked for.
 */
const IDENTITY: ReadonlySet<string> = new Set([
  'oam-remote-user',
  'teleport-jwt-assertion',
  'x-anonymous-consumer',
  'x-apigateway-api-userinfo',
  'x-apigateway-context',
  'x-apigateway-event',
  'x-arr-clientcert',
  'x-endpoint-api-userinfo',
  'x-goog-iap-jwt-assertion',
  'x-jwt-assertion',
  'x-userinfo',
]);
const IDENTITY_PREFIX =
  /^(?:cf-access|iv|l5d|oidc|remote|shib|sm|ssl-client|tailscale-user|x-(?:amzn-(?:mtls|oidc)|authenticated|authentik|consumer|credential|goog-authenticated-user|middleware|ms-client-principal|ms-token|pomerium|tls-client|token-(?:subject|user)|vouch))(?:-|$)/;

/** Mapped often and on purpose, as origins behind other proxies expect them; stripped all the same. */
const MAPPABLE_ALTHOUGH_STRIPPED: ReadonlySet<string> = new Set([
  'cf-access-authenticated-user-email',
  'remote-email',
  'remote-groups',
  'remote-name',
  'remote-user',
  'x-forwarded-email',
  'x-forwarded-groups',
  'x-forwarded-preferred-username',
  'x-forwarded-user',
]);
const MAPPABLE_PREFIX =
  /^(?:iv|oidc|shib|sm|x-(?:apigateway-api-userinfo|auth-request|authenticated|authentik|consumer|endpoint-api-userinfo|goog-authenticated-user|ms-client-principal|remote|token-(?:subject|user)|vouch|webauth))(?:-|$)/;

/** Headers with a meaning of their own: a mapping would strip them from every client and change what they say. */
const STANDARD: ReadonlySet<string> = new Set([
  'accept',
  'age',
  'authorization',
  'baggage',
  'cache-control',
  'cdn-loop',
  'cookie',
  'cookie2',
  'date',
  'dnt',
  'dpop',
  'early-data',
  'from',
  'last-event-id',
  'link',
  'max-forwards',
  'origin',
  'pragma',
  'prefer',
  'priority',
  'range',
  'referer',
  'server',
  'set-cookie',
  'signature',
  'signature-input',
  'traceparent',
  'tracestate',
  'user-agent',
  'vary',
  'via',
  'warning',
  'www-authenticate',
]);
const STANDARD_PREFIX = /^(?:accept|access-control|cf|content|if|sec)-/;

/** Whether a header of this folded name means one connection alone. */
export const isHopByHop = (folded: string): boolean => HOP_BY_HOP.has(folded);

/** Whether a client's header of this folded name never reaches an origin, whatever the configuration. */
export function isReserved(folded: string): boolean {
  return (
    FORWARDING.has(folded) ||
    HOP_BY_HOP.has(folded) ||
    isOtherIdentity(folded) ||
    FORWARDING_PREFIX.test(folded)
  );
}

/**
 * Whether a route may keep a client's header of this name: one by which another proxy tells who is calling, in its own
 * spelling. Does not check that such a proxy stands in front of the gateway; without one the client writes it.
 */
export function isKeepable(header: string): boolean {
  const name = header.toLowerCase();
  return name === foldHeaderName(header) && (isMappable(name) || isOtherIdentity(name));
}

const isMappable = (folded: string): boolean =>
  MAPPABLE_ALTHOUGH_STRIPPED.has(folded) || MAPPABLE_PREFIX.test(folded);

const isOtherIdentity = (folded: string): boolean => IDENTITY.has(folded) || IDENTITY_PREFIX.test(folded);

/**
 * Whether this name (lower case) is another spelling of a header with a standard meaning: `content_length` frames the
 * message for an origin that folds names, and for nobody before it.
 */
export function isMisspeltStandard(name: string, folded: string): boolean {
  return name !== folded && isStandard(folded);
}

const isStandard = (folded: string): boolean => STANDARD.has(folded) || STANDARD_PREFIX.test(folded);

/**
 * Why a claim may not be sent as this header, or undefined when it may. In any spelling: `Content_Length` is as
 * bad as `Content-Length`. Does not check that the name is a token (RFC 9110 §5.1).
 */
export function mappingFault(header: string): 'reserved' | 'standard' | undefined {
  const folded = foldHeaderName(header);
  if (isMappable(folded)) return undefined;
  if (isReserved(folded)) return 'reserved';
  return isStandard(folded) ? 'standard' : undefined;
}
