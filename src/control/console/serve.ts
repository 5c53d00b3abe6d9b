import { RATE_EXCEEDED } from '../../http/fault.ts';
import { json, problemAnswer } from '../../http/problem.ts';
import type { ConsolePolicy } from '../policy.ts';
import type { ControlPorts } from '../ports.ts';

export const CONSOLE_PATH = '/console/';
/** Where the page asks how one logs in. */
const SETTINGS = 'settings.json';

const FOREVER = 'public, max-age=31536000, immutable';

/**
 * `GET /console/…`: the console's page and files, the same for everybody: no secret, nothing of the request.
 * Not configured, it is as if there were nothing at these paths.
 * Does NOT check who asks: what the page shows comes from the admin API, which does.
 */
export async function serveConsole(
  request: Request,
  { policy, console, withinRate }: ControlPorts,
  path: string,
): Promise<Response> {
  if (policy.console === undefined || console === undefined) return nothing();
  if (path === CONSOLE_PATH.slice(0, -1)) {
    return new Response(null, { status: 308, headers: { Location: CONSOLE_PATH } });
  }
  const name = path.slice(CONSOLE_PATH.length);
  const file = Object.hasOwn(console.files, name) ? console.files[name] : undefined;
  if (name !== '' && name !== SETTINGS && file === undefined) return nothing();
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    const headers = { Allow: 'GET, HEAD' };
    return problemAnswer({ status: 405, detail: 'The method is not allowed here.', headers });
  }
  if (!(await withinRate(`ip:${request.headers.get('CF-Connecting-IP') ?? ''}`))) {
    return problemAnswer(RATE_EXCEEDED);
  }
  const headers = securityHeaders(policy.console);
  if (name === SETTINGS) return json(200, settingsOf(policy.console), headers);
  const { type, body } = file ?? { type: 'text/html; charset=utf-8', body: console.page };
  return new Response(body, {
    headers: { ...headers, 'Content-Type': type, 'Cache-Control': file === undefined ? 'no-store' : FOREVER },
  });
}

const nothing = () => problemAnswer({ status: 404, detail: 'There is nothing here.' });

/**
 * Scripts and styles of this origin's files alone, no markup from text (Trusted Types), no frame around it, no other
 * server but the login's. A script's `style.x = …` is no inline style to CSP3.
 */
function securityHeaders({ login }: ConsolePolicy): Record<string, string> {
  const policy = [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "img-src 'self'",
    ["connect-src 'self'", ...(login?.origins ?? [])].join(' '),
    "frame-ancestors 'none'",
    "base-uri 'none'",
    "form-action 'none'",
    "require-trusted-types-for 'script'",
    "trusted-types 'none'",
  ];
  return {
    'Content-Security-Policy': policy.join('; '),
    'X-Content-Type-Options': 'nosniff',
    'X-Frame-Options': 'DENY',
    'Referrer-Policy': 'no-referrer',
    'Cross-Origin-Opener-Policy': 'same-origin',
    'Cross-Origin-Embedder-Policy': 'require-corp',
    'Cross-Origin-Resource-Policy': 'same-origin',
    'Permissions-Policy': 'camera=(), geolocation=(), microphone=(), payment=(), usb=()',
  };
}

const settingsOf = ({ login, pastedToken }: ConsolePolicy) => ({
  login:
    login === undefined
      ? null
      : {
          issuer: login.issuer,
          discovery: login.discovery,
          client_id: login.clientId,
          scope: login.scope.join(' '),
          resource: login.resource ?? null,
          audience: login.audience ?? null,
        },
  pasted_token: pastedToken,
});
