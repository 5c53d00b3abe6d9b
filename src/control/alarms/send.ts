import type { NumericDate } from '../../core/time.ts';
import type { AlarmMessage } from './message.ts';
import { writeBody } from './shapes.ts';
import { PAGERDUTY_URL, signedHeaders, signingKey, type Webhook } from './webhook.ts';

/** Receivers that do not answer by then are asked again. */
export const TIMEOUT_MS = 10_000;

/** What became of one attempt: the status, or why there is none. Never repeats the URL, which is a secret. */
export interface Attempt {
  readonly outcome: string;
  /** `refused`: asking again would not change it. */
  readonly result: 'delivered' | 'failed' | 'refused';
}

/** The message itself is wrong, or nobody wants any more of them (410, as Standard Webhooks has it). */
const FINAL: ReadonlySet<number> = new Set([400, 410, 413, 422]);

export interface WebhookRequest {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface WebhookPorts {
  readonly secret: (binding: string) => string | undefined;
  readonly post: (url: string, request: WebhookRequest) => Promise<number>;
  readonly now: NumericDate;
}

/** Sends a message once. Never throws. */
export async function send(
  webhook: Webhook,
  message: AlarmMessage,
  { secret, post, now }: WebhookPorts,
): Promise<Attempt> {
  const url = webhook.url === undefined ? PAGERDUTY_URL : secret(webhook.url);
  const routingKey = webhook.routingKey === undefined ? '' : secret(webhook.routingKey);
  const keys = webhook.secrets.map((name) => signingKey(secret(name) ?? ''));
  const sound = keys.filter((key) => key !== undefined);
  if (url === undefined || routingKey === undefined || sound.length < keys.length) {
    return { outcome: 'secret_missing', result: 'failed' };
  }
  const body = writeBody(webhook, message, routingKey);
  const signed = sound.length === 0 ? {} : await signedHeaders(message.id, body, sound, now);
  const headers = { 'Content-Type': 'application/json', ...signed };
  try {
    const status = await post(url, { headers, body });
    const result = status >= 200 && status < 300 ? 'delivered' : FINAL.has(status) ? 'refused' : 'failed';
    return { outcome: String(status), result };
  } catch {
    return { outcome: 'no_answer', result: 'failed' };
  }
}
