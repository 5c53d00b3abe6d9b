import { ALARM_NAMES } from '../../src/control/alarms/rules.ts';
import { isSigned, type Received } from '../fixtures/webhook-receiver.ts';
import { WEBHOOK_KEY } from './stack.ts';

interface Message {
  readonly alarm: string;
  readonly incident: string;
  readonly turn: string;
  readonly text: string;
}

/** Messages in their order, each once: what a crash had sent again comes under the same identifier. */
export function messagesOf(received: readonly Received[]): readonly Message[] {
  const seen = new Set<unknown>();
  return received.flatMap(({ headers, body, text }) => {
    const id = headers['webhook-id'];
    if (seen.has(id)) return [];
    seen.add(id);
    const { alarm, incident } = body.data as { alarm: string; incident: string };
    return [{ alarm, incident, turn: String(body.type), text }];
  });
}

/** Where the messages are not what was to be told; empty: each alarm began and ended as often as it should. */
export function alarmMistakes(
  received: readonly Received[],
  expected: Readonly<Record<string, number>>,
): string[] {
  const messages = messagesOf(received);
  const unsigned = received.filter((each) => !isSigned(each, WEBHOOK_KEY)).length;
  const odd = ALARM_NAMES.flatMap((name) => {
    const told = messages.filter(({ alarm }) => alarm === name);
    const turns = told.map(({ turn }) => turn).join(' ');
    const wanted = Array(expected[name] ?? 0)
      .fill('alarm.begun alarm.ended')
      .join(' ');
    const pairs = told.every(({ incident }, i) => incident === told[i - (i % 2)]?.incident);
    return turns === wanted && pairs ? [] : [`${name}: told "${turns}", not "${wanted}"`];
  });
  return [...odd, ...(unsigned === 0 ? [] : [`${unsigned} messages without a good signature`])];
}
