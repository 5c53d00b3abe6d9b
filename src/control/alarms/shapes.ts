import type { NumericDate } from '../../core/time.ts';
import type { AlarmMessage } from './message.ts';
import type { Webhook } from './webhook.ts';

/** The body that the receiver's kind wants. */
export function writeBody(
  { shape, source }: Pick<Webhook, 'shape' | 'source'>,
  message: AlarmMessage,
  routingKey: string,
): string {
  switch (shape) {
    case 'json':
      return JSON.stringify(plain(message, source));
    case 'slack':
      return JSON.stringify({
        text: `${slackText(summary(message, source))}\n${slackText(detail(message))}`,
      });
    case 'pagerduty':
      return JSON.stringify(pagerDuty(message, source, routingKey));
  }
}

/** Standard Webhooks: a type, a time, and the rest as `data`. */
const plain = (message: AlarmMessage, source: string) => ({
  type: `alarm.${message.turn}`,
  timestamp: isoDate(message.at),
  data: { source, ...fields(message) },
});

const fields = ({
  alarm,
  incident,
  severity,
  what,
  value,
  begin,
  clear,
  windowSeconds,
  since,
  see,
}: AlarmMessage) => ({
  alarm,
  incident,
  severity,
  what,
  value,
  begin,
  clear,
  window_seconds: windowSeconds,
  since: isoDate(since),
  see,
});

/** Events API v2: an incident is known by its key, so each message counts once however often it comes. */
const pagerDuty = (message: AlarmMessage, source: string, routingKey: string) => ({
  routing_key: routingKey,
  event_action: message.turn === 'begun' ? 'trigger' : 'resolve',
  dedup_key: message.incident,
  payload: {
    summary: summary(message, source),
    source,
    severity: message.severity,
    timestamp: isoDate(message.at),
    component: 'portcullis',
    class: message.alarm,
    custom_details: fields(message),
  },
});

const summary = ({ alarm, turn }: AlarmMessage, source: string): string => `${source}: ${alarm} has ${turn}`;

const detail = ({ turn, value, what, begin, clear, see }: AlarmMessage): string =>
  `${value} ${what} (${turn === 'begun' ? `begins above ${begin}` : `ends at ${clear}`}). See ${see}`;

/** What Slack reads as markup: https://api.slack.com/reference/surfaces/formatting */
const slackText = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** RFC 3339, to the second. */
const isoDate = (date: NumericDate): string =>
  new Date(Math.floor(date) * 1e3).toISOString().replace('.000Z', 'Z');
