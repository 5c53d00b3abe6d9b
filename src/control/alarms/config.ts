import * as z from 'zod/mini';
import { durationText, parseDuration } from '../../config/duration.ts';
import { parseEndpoint } from '../../config/endpoint.ts';
import {
  duration,
  integer,
  listOf,
  oneOf,
  oneOrTwoSecrets,
  parsed,
  plain,
  table,
} from '../../config/fields.ts';
import { namedSecret } from '../../config/named-secret.ts';
import { required, SECRET } from '../../config/place.ts';
import { type ConfigProblem, didYouMean, problem, quoted } from '../../config/problem.ts';
import { readTable } from '../../config/table.ts';
import type { Bindings } from '../../config/variables.ts';
import type { JsonValue } from '../../core/jose.ts';
import { METRICS } from '../../metrics/catalog.ts';
import { ALARM_NAMES, type AlarmName, type AlarmRule, alarmKind } from './rules.ts';
import { signingKey, WEBHOOK_SHAPES, type Webhook } from './webhook.ts';

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const COUNTS = { min: 0, max: 1_000_000_000 } as const;

const AGES = METRICS.portcullis_revocation_replica_age_seconds.bounds;
const AGE_TEXTS = AGES.map((seconds) => durationText(seconds * 1e3));
/** Ages are counted in buckets. */
const age = () => {
  const known = new Set(AGES.map((seconds) => seconds * 1e3));
  return parsed(quoted(AGE_TEXTS), (text) => {
    const ms = parseDuration(text);
    return ms !== undefined && known.has(ms) ? ms : undefined;
  });
};

/** Keys that only some kinds of rules have are refused at the others, where they would have no effect. */
export const alarmTable = table({
  begin: z.optional(integer(COUNTS)),
  clear: z.optional(integer(COUNTS)),
  window: z.optional(duration({ min: 1_000, max: HOUR })),
  begin_for: z.optional(duration({ min: 0, max: HOUR })),
  clear_for: z.optional(duration({ min: 0, max: 24 * HOUR })),
  least: z.optional(integer(COUNTS)),
  older_than: z.optional(age()),
  silenced: z.optional(plain('why nobody is to be told, as one line')),
});

export const webhookTable = table({
  shape: z.optional(oneOf(WEBHOOK_SHAPES)),
  url: z.optional(z.string({ error: SECRET })),
  secret: z.optional(oneOrTwoSecrets()),
  routing_key: z.optional(z.string({ error: SECRET })),
  source: z.optional(plain('what messages call this deployment')),
  rules: z.optional(listOf(oneOf(ALARM_NAMES), 'a list of rules, at least one')),
});

/** Where a table is read, and where its mistakes go. */
interface Around {
  readonly variables: Bindings;
  readonly problems: ConfigProblem[];
}

/** Every rule, as configured or by default. */
export function withDefaults(configured: readonly AlarmRule[]): readonly AlarmRule[] {
  const byName = new Map(configured.map((rule) => [rule.name, rule]));
  return ALARM_NAMES.map((name) => byName.get(name) ?? compiled(name, {}));
}

export function readAlarm(name: string, raw: JsonValue, { problems }: Around): AlarmRule | undefined {
  const path = ['CONTROL', 'alarms', name];
  const known = ALARM_NAMES.find((each) => each === name);
  if (known === undefined) {
    problems.push(
      problem(path, 'a rule that there is not', quoted(ALARM_NAMES), didYouMean(name, ALARM_NAMES)),
    );
    return undefined;
  }
  const read = readTable(alarmTable, raw, path, problems);
  if (read === undefined) return undefined;
  const { value, faulty } = read;
  const { measure, begin: usual } = alarmKind(known);
  const useless = Object.keys(value).filter((key) => !keysOf(measure.kind).has(key));
  for (const key of useless) {
    problems.push(
      problem([...path, key], 'a key without effect on this rule', [...keysOf(measure.kind)].join(', ')),
    );
  }
  const { begin = usual, clear } = value;
  if (clear !== undefined && clear > begin && !faulty('begin')) {
    problems.push(problem([...path, 'clear'], String(clear), `at most "begin", which is ${begin}`));
  }
  return compiled(known, value);
}

const TIMES = ['begin_for', 'clear_for', 'silenced'];
const COUNTED = ['begin', 'clear', 'window', ...TIMES];
const KEYS: Readonly<Record<string, readonly string[]>> = {
  state: TIMES,
  increase: COUNTED,
  above: [...COUNTED, 'older_than'],
  share: [...COUNTED, 'least'],
  spike: [...COUNTED, 'least'],
};
const keysOf = (kind: string): ReadonlySet<string> => new Set(KEYS[kind]);

function compiled(name: AlarmName, value: z.output<typeof alarmTable>): AlarmRule {
  const kind = alarmKind(name);
  const begin = value.begin ?? kind.begin;
  return {
    name,
    begin,
    clear: value.clear ?? Math.floor(begin / 2),
    windowSeconds: (value.window ?? kind.windowMs) / 1e3,
    beginForSeconds: (value.begin_for ?? kind.beginForMs) / 1e3,
    clearForSeconds: (value.clear_for ?? kind.clearForMs) / 1e3,
    least: value.least ?? kind.least ?? 0,
    olderThanSeconds: (value.older_than ?? kind.olderThanMs ?? 0) / 1e3,
    silenced: value.silenced,
  };
}

const URL_ALLOWED = `${SECRET} with an https URL without credentials and fragment (http only to localhost)`;
const KEY_ALLOWED = `${SECRET} with 24 to 64 random bytes as "whsec_" and base64`;
const ROUTING_KEY_ALLOWED = `${SECRET} with the integration key of 32 characters`;

export function readWebhook(name: string, raw: JsonValue, around: Around): Webhook | undefined {
  const path = ['CONTROL', 'webhooks', name];
  const { problems, variables } = around;
  const read = readTable(webhookTable, raw, path, problems);
  if (read === undefined) return undefined;
  const { value, faulty } = read;
  const place = { ...around, path, faulty };
  const { shape = 'json', url, secret, routing_key: routingKey, source = 'portcullis', rules } = value;
  const secrets = [secret ?? []].flat();
  const refuse = (key: string, given: unknown, allowed: string) => {
    if (given !== undefined) problems.push(problem([...path, key], 'a key without effect here', allowed));
  };
  const bound = (
    key: string,
    binding: string | undefined,
    allowed: string,
    holds: (text: string) => boolean,
  ) => {
    if (binding === undefined) return;
    const at = { path: [...path, key], faulty, problems };
    const text = namedSecret(binding, variables, allowed, at);
    if (text !== undefined && !holds(text))
      problems.push(problem(at.path, 'a secret of another form', allowed));
  };
  if (shape !== 'pagerduty') {
    required(url, 'url', URL_ALLOWED, place);
    refuse('routing_key', routingKey, 'shape = "pagerduty"');
  } else required(routingKey, 'routing_key', ROUTING_KEY_ALLOWED, place);
  if (shape === 'json') required(secret, 'secret', KEY_ALLOWED, place);
  else refuse('secret', secret, 'shape = "json", the one whose receivers check a signature');
  bound('url', url, URL_ALLOWED, (text) => parseEndpoint(text) !== undefined);
  for (const binding of secrets)
    bound('secret', binding, KEY_ALLOWED, (text) => signingKey(text) !== undefined);
  bound('routing_key', routingKey, ROUTING_KEY_ALLOWED, (text) => /^\w{32}$/.test(text));
  return { name, shape, url, secrets, routingKey, source, rules };
}

/** More receivers than one deployment has. */
export const MAX_WEBHOOKS = 10;

/** Alarms are judged by what the object `METRICS` has counted, and kept in `ALARMS`. */
export function checkAlarmBindings(
  { METRICS: counts, ALARMS: alarms }: Bindings,
  tables: { readonly alarms: object; readonly webhooks: object },
  problems: ConfigProblem[],
): void {
  const wanted = Object.keys({ ...tables.alarms, ...tables.webhooks }).length > 0 || alarms !== undefined;
  if (Object.keys(tables.webhooks).length > MAX_WEBHOOKS) {
    const found = `${Object.keys(tables.webhooks).length} tables`;
    problems.push(problem(['CONTROL', 'webhooks'], found, `at most ${MAX_WEBHOOKS}`));
  }
  if (!wanted) return;
  if (typeof alarms !== 'object' || alarms === null || !('idFromName' in alarms)) {
    const found = alarms === undefined ? 'nothing, while CONTROL has alarms or webhooks' : 'something else';
    problems.push(problem(['ALARMS'], found, 'a Durable Object binding of the class AlarmsObject'));
  }
  if (counts === undefined) {
    problems.push(
      problem(['METRICS'], 'nothing, while ALARMS is bound', 'the binding METRICS of the gateway'),
    );
  }
}
