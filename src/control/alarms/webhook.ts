import { secretBytes } from '../../core/secret-bytes.ts';
import type { NumericDate } from '../../core/time.ts';

export const WEBHOOK_SHAPES = ['json', 'slack', 'pagerduty'] as const;

/** Who is told. Holds names of secret bindings, never a secret: it is kept in storage. */
export interface Webhook {
  readonly name: string;
  readonly shape: (typeof WEBHOOK_SHAPES)[number];
  /** The binding of its URL; undefined: PagerDuty's own. */
  readonly url: string | undefined;
  /** The bindings of what signs `json`: one, or two while one replaces the other. */
  readonly secrets: readonly string[];
  /** The binding of PagerDuty's integration key. */
  readonly routingKey: string | undefined;
  /** What the messages call this deployment. */
  readonly source: string;
  /** undefined: of every rule. */
  readonly rules: readonly string[] | undefined;
}

export const PAGERDUTY_URL = 'https://events.pagerduty.com/v2/enqueue';

/** 192 to 512 bits, as Standard Webhooks has them. */
const SECRET_BYTES = { min: 24, max: 64 } as const;
const SECRET_PREFIX = 'whsec_';

/** The key of a Standard Webhooks secret, `whsec_` and base64; undefined: it is none. */
export function signingKey(secret: string): Uint8Array<ArrayBuffer> | undefined {
  if (!secret.startsWith(SECRET_PREFIX)) return undefined;
  const key = secretBytes(secret.slice(SECRET_PREFIX.length), 'base64');
  return key !== undefined && key.length >= SECRET_BYTES.min && key.length <= SECRET_BYTES.max
    ? key
    : undefined;
}

/** The headers of Standard Webhooks: HMAC-SHA-256 over `id.timestamp.body`, once for each key. */
export async function signedHeaders(
  id: string,
  body: string,
  keys: readonly Uint8Array<ArrayBuffer>[],
  now: NumericDate,
): Promise<Record<string, string>> {
  const timestamp = String(Math.floor(now));
  const content = new TextEncoder().encode(`${id}.${timestamp}.${body}`);
  const signatures = await Promise.all(
    keys.map(async (bytes) => {
      const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, [
        'sign',
      ]);
      return `v1,${new Uint8Array(await crypto.subtle.sign('HMAC', key, content)).toBase64()}`;
    }),
  );
  return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}
