import * as z from 'zod/mini';
import { parseClaimPath } from './claim-path.ts';
import type { Bounds } from './defaults.ts';
import { durationText, parseDuration } from './duration.ts';
import { quoted } from './problem.ts';

/** The kinds of value a key may hold. Every message is the `allowed` text of a problem. */

z.config({ jitless: true });

export const text = (allowed: string, holds: (value: string) => boolean) =>
  z.string({ error: allowed }).check(z.refine(holds, { error: allowed }));

/** Text read into something better; `parse` gives undefined for what it refuses, `hint` what was meant perhaps. */
export const parsed = <T>(
  allowed: string,
  parse: (value: string) => T | undefined,
  hint?: (value: string) => string | undefined,
) =>
  z.pipe(
    z.string({ error: allowed }),
    z.transform((input, context): T => {
      const value = parse(input);
      if (value !== undefined) return value;
      context.issues.push({ code: 'custom', message: allowed, input, params: { hint: hint?.(input) } });
      return z.NEVER;
    }),
  );

export const duration = ({ least, most }: Bounds) =>
  parsed(
    `a duration from "${durationText(least)}" to "${durationText(most)}", such as "250ms", "30s", "5m", "1h"`,
    (value) => {
      const ms = parseDuration(value);
      return ms !== undefined && ms >= least && ms <= most ? ms : undefined;
    },
  );

export const integer = ({ least, most }: Bounds) => {
  const allowed = `a whole number from ${least} to ${most}`;
  return z
    .number({ error: allowed })
    .check(
      z.refine((value) => Number.isInteger(value) && value >= least && value <= most, { error: allowed }),
    );
};

export const flag = () => z.boolean({ error: 'true or false' });

export const oneOf = <const T extends readonly string[]>(words: T) => z.enum(words, { error: quoted(words) });

export const listOf = <T extends z.ZodMiniType>(item: T, allowed: string) =>
  z.array(item, { error: allowed }).check(z.minLength(1, allowed));

/** `allowed` of an unknown key is the list of the keys there are. */
export const table = <T extends z.core.$ZodLooseShape>(shape: T, allowed = 'a table') =>
  z.strictObject(shape, {
    error: (issue) => (issue.code === 'unrecognized_keys' ? Object.keys(shape).join(', ') : allowed),
  });

const isPlainText = (value: string): boolean =>
  value !== '' && value.length <= 2_048 && value.trim() === value && !/\p{Cc}/u.test(value);

export const plain = (allowed: string) => text(allowed, isPlainText);
export const claimName = () => plain('a claim name');
/** `name` keeps the address as written, for logs. */
export const claimPath = () =>
  parsed('a claim name, or a JSON Pointer such as "/org/tenant"', (name) => {
    const path = parseClaimPath(name);
    return path && { name, path };
  });
export const isMediaType = (value: string): boolean => /^([\w!#$&^.+-]+\/)?[\w!#$&^.+-]{1,64}$/.test(value);
/** RFC 6749 §3.3. */
const isScopeToken = (value: string): boolean => /^[\x21\x23-\x5b\x5d-\x7e]+$/.test(value);
export const BINDING_NAME = /^[A-Za-z_]\w{0,127}$/;
export const kids = () => listOf(plain('a key id'), 'a list of key ids, at least one');
export const scope = () =>
  listOf(text('one scope, without spaces', isScopeToken), 'a list of scopes, at least one: ["orders:read"]');
