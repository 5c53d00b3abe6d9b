import * as z from 'zod/mini';
import type { JsonValue } from '../core/jose.ts';
import { isJsonPath, parseClaimPath, pointerHint } from './claim-path.ts';
import type { Bounds } from './defaults.ts';
import { durationHint, durationText, parseDuration } from './duration.ts';
import { didYouMean, quoted } from './problem.ts';

/** The kinds of value a key may hold. Every message is the `allowed` text of a problem. */

z.config({ jitless: true });

/** What a value is, as JSON Schema says it: the constraint that an editor can check before the Worker does. */
export interface FieldType {
  readonly type: 'string' | 'integer' | 'boolean';
  readonly description?: string;
  readonly enum?: readonly string[];
  readonly minimum?: number;
  readonly maximum?: number;
  /** Of a duration, whose bounds no JSON Schema of a string can say. Milliseconds. */
  readonly 'x-duration'?: Bounds;
}

/** By schema, for the reference in docs/configuration.md and its JSON Schema; nothing that decides reads it. */
export const fieldTypes = new WeakMap<object, FieldType>();

/**
 * One schema for a whole kind of value, rather than a string, checks and a pipe: a third of the objects to build at
 * start-up. `read` gives undefined for what it refuses, `hint` what was meant perhaps.
 */
const field = <T, Input>(
  allowed: string,
  type: FieldType,
  read: (input: unknown) => T | undefined,
  hint?: (input: string) => string | undefined,
) => {
  // Whatever comes is looked at; `Input` is what TypeScript tells those who write the configuration in code.
  const schema = z.transform((input: Input, context): T => {
    const value = read(input);
    if (value !== undefined) return value;
    const params =
      typeof input === 'string' || typeof input === 'number' ? { hint: hint?.(String(input)) } : {};
    context.issues.push({ code: 'custom', message: allowed, input, params });
    return z.NEVER;
  });
  fieldTypes.set(schema, type);
  return schema;
};

const readText =
  <T>(parse: (text: string) => T | undefined) =>
  (input: unknown) =>
    typeof input === 'string' ? parse(input) : undefined;

/** Text read into something better. */
export const parsed = <T>(
  allowed: string,
  parse: (text: string) => T | undefined,
  hint?: (text: string) => string | undefined,
) => field<T, string>(allowed, { type: 'string', description: allowed }, readText(parse), hint);

/** A duration as it is written: one whole number and one unit. */
export type DurationText = `${number}${'ms' | 's' | 'm' | 'h' | 'd'}`;

export const text = (allowed: string, holds: (text: string) => boolean = () => true) =>
  parsed(allowed, (input) => (holds(input) ? input : undefined));

export const duration = ({ min, max }: Bounds) =>
  field<number, DurationText>(
    `a duration from "${durationText(min)}" to "${durationText(max)}", such as "250ms", "30s", "5m", "1h"`,
    { type: 'string', 'x-duration': { min, max } },
    readText((input) => {
      const ms = parseDuration(input);
      return ms !== undefined && ms >= min && ms <= max ? ms : undefined;
    }),
    durationHint,
  );

export const integer = ({ min, max }: Bounds) =>
  field<number, number>(
    `a whole number from ${min} to ${max}`,
    { type: 'integer', minimum: min, maximum: max },
    (input) =>
      typeof input === 'number' && Number.isInteger(input) && input >= min && input <= max
        ? input
        : undefined,
    numberHint,
  );

/** What a number in quotes, perhaps with a unit of octets, is without them. */
function numberHint(text: string): string | undefined {
  const [, count = '', unit = ''] = /^\s*(\d{1,9})\s*([kmg]?)i?b?\s*$/i.exec(text) ?? [];
  const number = Number(count) * 1_000 ** ' kmg'.indexOf(unit.toLowerCase() || ' ');
  return count === '' || String(number) === text ? undefined : `did you mean ${number}?`;
}

export const flag = () =>
  field<boolean, boolean>(
    'true or false',
    { type: 'boolean' },
    (input) => (typeof input === 'boolean' ? input : undefined),
    (input) => (/^(?:true|false)$/i.test(input) ? `did you mean ${input.toLowerCase()}?` : undefined),
  );

export const oneOf = <const T extends readonly string[]>(words: T) =>
  field<T[number], T[number]>(
    quoted(words),
    { type: 'string', enum: words },
    readText((input): T[number] | undefined => words.find((word) => word === input)),
    (input) => didYouMean(input, words),
  );

export const listOf = <T extends z.ZodMiniType>(item: T, allowed: string) =>
  z.array(item, { error: allowed }).check(z.refine((list) => list.length > 0, { error: allowed }));

/** One, or a list. */
export const oneOrMore = <T extends z.ZodMiniType>(item: T, allowed: string) =>
  z.union([item, listOf(item, 'a list of such, at least one')], { error: allowed });

/** `allowed` of an unknown key is the list of the keys there are. */
export const table = <T extends z.core.$ZodLooseShape>(shape: T, allowed = 'a table') =>
  z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? Object.keys(shape).join(', ') : allowed),
  });

export const isPlainText = (value: string): boolean =>
  value !== '' && value.length <= 2_048 && value.trim() === value && !/\p{Cc}/u.test(value);

export const plain = (allowed: string) => text(allowed, isPlainText);
/** One member of the claims set itself: what is below another claim has no name. */
export const claimName = () =>
  text(
    'a claim name; no claim below another can be named here',
    (value) => isPlainText(value) && !value.startsWith('/') && !isJsonPath(value),
  );
/** `name` keeps the address as written, for logs. */
export const claimPath = () =>
  parsed(
    'a claim name, or a JSON Pointer such as "/org/tenant"',
    (name) => {
      const path = isJsonPath(name) ? undefined : parseClaimPath(name);
      return path && { name, path };
    },
    pointerHint,
  );
export const isMediaType = (value: string): boolean => /^([\w!#$&^.+-]+\/)?[\w!#$&^.+-]{1,64}$/.test(value);
/** RFC 6749 §3.3. */
export const isScopeToken = (value: string): boolean => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(value);
/** `host` or `host:port`, as it stands in a URL. */
export const httpHosts = () =>
  listOf(
    text('a host as it stands in the URL, such as "10.0.0.7:8080"', (value) => {
      const url = URL.parse(`http://${value}`);
      return url !== null && url.host === value && url.origin === `http://${value}`;
    }),
    'a list of hosts, at least one: ["10.0.0.7:8080"]',
  );
const SECRETS =
  'the name of a secret binding, without "$" or "env.", or a list of two while one replaces the other';
/** Where a secret is replaced, there are two for a while. */
export const oneOrTwoSecrets = () =>
  z.union(
    [
      secretName(),
      listOf(secretName(), SECRETS).check(z.refine((list) => list.length <= 2, { error: SECRETS })),
    ],
    { error: SECRETS },
  );
const secretName = () => text('the name of a secret binding', (value) => BINDING_NAME.test(value));
export const BINDING_NAME = /^[A-Za-z_]\w{0,127}$/;
/**
 * Whether text that could be a binding's name is rather a secret in its place: random characters, where a name has
 * words. A short secret that reads like a word passes.
 */
export const resemblesSecret = (name: string): boolean =>
  !BINDING_NAME.test(name) ||
  name
    .split('_')
    .some((word) => word.length > 24 || (word.match(/[A-Za-z](?=\d)|\d(?=[A-Za-z])/g) ?? []).length > 3);
export const kids = () => listOf(plain('a key id'), 'a list of key ids, at least one');
export const scope = () =>
  listOf(text('one scope, without spaces', isScopeToken), 'a list of scopes, at least one: ["orders:read"]');

/** Beyond ±(2^53 − 1) JSON no longer tells two whole numbers apart, so a comparison there would lie. */
const isExact = (value: unknown): boolean =>
  typeof value === 'number'
    ? Number.isFinite(value) && (Number.isSafeInteger(value) || !Number.isInteger(value))
    : typeof value !== 'object' || value === null || Object.values(value).every(isExact);
const EXACT = `whole numbers from -${Number.MAX_SAFE_INTEGER} to ${Number.MAX_SAFE_INTEGER}: JSON tells larger ones not apart`;

/** A JSON value that the same value in a token can be compared with. */
export const exactValue = (allowed: string, holds: (value: unknown) => boolean = () => true) =>
  z.custom<JsonValue>((value) => isExact(value) && holds(value), {
    error: ({ input }) => (isExact(input) ? allowed : EXACT),
  });
