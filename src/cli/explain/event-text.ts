import type { JsonObject, JsonValue } from '../../core/jose.ts';
import { isObject } from '../../core/json.ts';
import { momentText } from '../../core/moment-text.ts';
import { visibleText } from '../../core/visible-text.ts';
import { withOwnNames } from '../../telemetry/opentelemetry-names.ts';
import { plainText, REMEDIES, type Remedy } from '../../telemetry/remedies.ts';
import { besideRequest, whyOfEvent } from '../../telemetry/why-of-event.ts';
import { CommandFailed, type Terminal } from '../command.ts';

/** A request's event, as docs/operating.md tells of it: what is known of it, and no other member. */
export interface ReadEvent {
  readonly shown: { readonly [name: string]: JsonValue };
  readonly remedy: Remedy | undefined;
}

/** In the order in which they are told. */
const FIELDS = [
  'time',
  'reference',
  'ray',
  'method',
  'host',
  'path',
  'client',
  'route',
  'decision',
  'reason',
  'evidence',
  'wouldRefuse',
  'status',
  'issuer',
  'audience',
  'expiresAt',
  'unverified',
  'kid',
  'revocation',
  'replicaAgeSeconds',
  'omitted',
  'verifyMs',
  'revocationMs',
  'originMs',
  'totalMs',
] as const;

/** Reads one event, as one line or spread over several. Throws `CommandFailed` for anything else. */
export async function readEvent(file: string, terminal: Terminal): Promise<ReadEvent> {
  const text = file === '-' ? await terminal.readStdin() : await fileText(file, terminal);
  const line = parsed(text.trim());
  const event = line && withOwnNames(line);
  if (event?.event !== 'request') {
    throw new CommandFailed(
      'This is not the event of one request: a JSON object with "event": "request" (docs/operating.md).',
    );
  }
  const shown: Record<string, JsonValue> = {};
  for (const name of FIELDS) {
    const value = Object.hasOwn(event, name) ? event[name] : undefined;
    if (value !== undefined) shown[name] = value;
  }
  const reason = event.reason ?? event.wouldRefuse;
  const remedy =
    typeof reason === 'string' && Object.hasOwn(REMEDIES, reason)
      ? REMEDIES[reason as keyof typeof REMEDIES]
      : undefined;
  return { shown, remedy };
}

async function fileText(file: string, terminal: Terminal): Promise<string> {
  try {
    return await terminal.readFile(file);
  } catch {
    throw new CommandFailed(`${visibleText(file)} cannot be read.`);
  }
}

function parsed(text: string): JsonObject | undefined {
  try {
    const value = JSON.parse(text);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

/** What the event tells, and what it does not. */
export function eventLines({ shown, remedy }: ReadEvent, now: number): readonly string[] {
  const { method, host, path, status, reason, wouldRefuse, route, time } = shown;
  const why = whyOfEvent(shown);
  const end = reason === null ? `${shown.decision}, ${status}` : `${status} ${reason}`;
  const at = typeof time === 'number' ? `, ${momentText(time, now)}` : '';
  return [
    `${method} ${host}${path}: ${end}, ${route === null ? 'no route' : `route ${route}`}${at}`,
    '',
    ...(wouldRefuse === undefined
      ? []
      : [`The route only reports: it would have refused for ${wouldRefuse}.`]),
    ...(why === undefined ? [] : [`Why         ${why}`]),
    ...(remedy === undefined
      ? []
      : [`Usually     ${plainText(remedy.cause)}`, `What to do  ${plainText(remedy.mend)}`]),
    ...(remedy === undefined && why === undefined && wouldRefuse === undefined
      ? ['Nothing was refused.']
      : []),
    '',
    'The event',
    ...Object.entries(shown).map(([name, value]) => `  ${name.padEnd(18)}${valueText(name, value, time)}`),
    '',
    'An event has no token in it. With the token, "portcullis explain METHOD URL --token -" says which claim it was.',
  ].map(visibleText);
}

const valueText = (name: string, value: JsonValue, time: JsonValue | undefined): string =>
  name === 'expiresAt' && typeof time === 'number'
    ? `${JSON.stringify(value)}, ${besideRequest(value, time)}`
    : JSON.stringify(value);
