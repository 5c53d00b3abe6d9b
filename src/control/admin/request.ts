import * as z from 'zod/mini';
import { parsed, table, text } from '../../config/fields.ts';
import type { JsonObject, JsonValue } from '../../core/jose.ts';
import { isObject } from '../../core/json.ts';
import { err, ok, type Result } from '../../core/result.ts';
import {
  isWatermark,
  REVOCATION_KINDS,
  type RevocationKind,
  type RevocationTarget,
} from '../../core/revocation.ts';
import type { NumericDate } from '../../core/time.ts';
import type { Fault } from '../../http/fault.ts';
import { MAX_REASON_LENGTH } from './entry.ts';

/** Longest identifier that can be revoked, in UTF-16 code units: a `jti` or `sub` is far shorter. */
const MAX_VALUE_LENGTH = 1024;
/** A date further off is a slip of the unit (milliseconds), not an intention. */
const MAX_EXPIRY_SECONDS = 10 * 365 * 24 * 3600;
/** A page a person reads, and the largest a script may ask for. */
const DEFAULT_PAGE = 100;
const MAX_PAGE = 1000;

const identifier = () =>
  text(
    `must be well-formed text of 1 to ${MAX_VALUE_LENGTH} characters`,
    (value) => value !== '' && value.length <= MAX_VALUE_LENGTH && value.isWellFormed(),
  );
const date = () =>
  z.optional(
    z
      .number({ error: 'must be a whole number of seconds since 1970' })
      .check(z.refine(Number.isSafeInteger, { error: 'must be a whole number of seconds since 1970' })),
  );
const reason = () =>
  z.optional(
    text(
      `must be one line of at most ${MAX_REASON_LENGTH} characters`,
      (value) => value.length <= MAX_REASON_LENGTH && value.isWellFormed() && !/\p{Cc}/u.test(value),
    ),
  );

const target = {
  issuer: identifier(),
  jti: z.optional(identifier()),
  sub: z.optional(identifier()),
  sid: z.optional(identifier()),
  client_id: z.optional(identifier()),
  tenant: z.optional(identifier()),
  kid: z.optional(identifier()),
  iss: z.optional(identifier()),
};
const targetSchema = table(target, 'must be an object');
const revocationSchema = table({ ...target, issued_before: date(), expires_at: date(), reason: reason() });
const tokenSchema = table({ token: text('must be a token', (value) => value !== ''), reason: reason() });
const seconds = () =>
  z.optional(
    parsed('must be a whole number of seconds since 1970', (value) =>
      /^\d{1,11}$/.test(value) ? Number(value) : undefined,
    ),
  );
const { issuer: _, ...identifiers } = target;
const pageSchema = table({
  ...identifiers,
  issuer: z.optional(identifier()),
  kind: z.optional(
    parsed(`must be one of ${REVOCATION_KINDS.join(', ')}`, (value) =>
      REVOCATION_KINDS.find((kind) => kind === value),
    ),
  ),
  revoked_from: seconds(),
  revoked_to: seconds(),
  cursor: z.optional(parsed('must be a cursor that a page gave', openCursor)),
  limit: z.optional(
    parsed(`must be a whole number from 1 to ${MAX_PAGE}`, (value) =>
      /^[1-9]\d{0,3}$/.test(value) && Number(value) <= MAX_PAGE ? Number(value) : undefined,
    ),
  ),
});

/** A cursor names an entry of the caller's issuers; base64url keeps it from being read in passing, and clients from leaning on it. */
export const sealCursor = (cursor: string): string =>
  new TextEncoder().encode(cursor).toBase64({ alphabet: 'base64url', omitPadding: true });

function openCursor(sealed: string): string | undefined {
  try {
    const bytes = Uint8Array.fromBase64(sealed, { alphabet: 'base64url' });
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes) || undefined;
  } catch {
    return undefined;
  }
}

/** What an admin asks to revoke: by name, or the one token itself. */
export type RevocationRequest =
  | {
      readonly by: 'target';
      readonly target: RevocationTarget;
      readonly issuedBefore: NumericDate | undefined;
      readonly expiresAt: NumericDate | undefined;
      readonly reason: string | undefined;
    }
  | { readonly by: 'token'; readonly token: string; readonly reason: string | undefined };

/** As many as a body of 64 KiB may name. */
const MAX_AT_ONCE = 500;

/** Whether there was one, told by itself, or a list of them. */
export interface RevocationRequests {
  readonly many: boolean;
  readonly requests: readonly RevocationRequest[];
}

/** Reads the body of `POST /v1/revocations`: one revocation or many. All mistakes are reported at once. */
export function parseRevocations(body: JsonObject, now: NumericDate): Result<RevocationRequests, Fault> {
  if (!Object.hasOwn(body, 'revocations')) {
    const one = parseRevocation(body, now);
    return one.ok ? ok({ many: false, requests: [one.value] }) : one;
  }
  const { revocations: list, ...others } = body;
  if (!Array.isArray(list) || list.length === 0 || list.length > MAX_AT_ONCE) {
    return invalid([`revocations: must be a list of 1 to ${MAX_AT_ONCE}`]);
  }
  const errors = Object.keys(others).length > 0 ? ['revocations: takes no member beside it'] : [];
  const requests: RevocationRequest[] = [];
  for (const [index, item] of (list as readonly JsonValue[]).entries()) {
    const one = isObject(item) ? parseRevocation(item, now) : invalid(['must be an object']);
    if (one.ok) requests.push(one.value);
    else errors.push(...(one.error.errors ?? []).map((error) => `revocations[${index}]: ${error}`));
  }
  return errors.length > 0 ? invalid(errors.slice(0, MAX_ERRORS)) : ok({ many: true, requests });
}

/** Mistakes that one answer lists. */
const MAX_ERRORS = 50;

function parseRevocation(body: JsonObject, now: NumericDate): Result<RevocationRequest, Fault> {
  if (Object.hasOwn(body, 'token')) {
    const parsed = check(tokenSchema, body);
    return parsed.ok ? ok({ by: 'token', token: parsed.value.token, reason: parsed.value.reason }) : parsed;
  }
  const parsed = check(revocationSchema, body);
  if (!parsed.ok) {
    return parsed;
  }
  const { issued_before: issuedBefore, expires_at: expiresAt } = parsed.value;
  const named = onlyTarget(parsed.value);
  if (!named.ok) {
    return named;
  }
  const errors: string[] = [];
  if (issuedBefore !== undefined && !isWatermark(named.value.kind)) {
    errors.push('issued_before: only sub, client_id, tenant and iss are revoked by time of issue');
  }
  if (issuedBefore !== undefined && issuedBefore > now) {
    errors.push('issued_before: must not lie in the future (seconds since 1970)');
  }
  if (expiresAt !== undefined && expiresAt <= now) {
    errors.push('expires_at: must lie in the future (seconds since 1970)');
  }
  if (expiresAt !== undefined && expiresAt > now + MAX_EXPIRY_SECONDS) {
    errors.push('expires_at: must lie within ten years (seconds since 1970)');
  }
  return errors.length > 0
    ? invalid(errors)
    : ok({ by: 'target', target: named.value, issuedBefore, expiresAt, reason: parsed.value.reason });
}

/** Reads an issuer and exactly one identifier, from a body or a query. */
export function parseTarget(members: object): Result<RevocationTarget, Fault> {
  const parsed = check(targetSchema, members);
  return parsed.ok ? onlyTarget(parsed.value) : parsed;
}

/** What a listing is asked for. */
export interface PageRequest {
  readonly issuer: string | undefined;
  readonly kind: RevocationKind | undefined;
  /** One identifier instead of a kind: at most one entry for each issuer. */
  readonly named: Pick<RevocationTarget, 'kind' | 'value'> | undefined;
  readonly revokedFrom: NumericDate | undefined;
  readonly revokedTo: NumericDate | undefined;
  readonly cursor: string | undefined;
  readonly limit: number;
}

export function parsePage(members: object): Result<PageRequest, Fault> {
  const parsed = check(pageSchema, members);
  if (!parsed.ok) {
    return parsed;
  }
  const { issuer, kind, revoked_from: revokedFrom, revoked_to: revokedTo, cursor, limit } = parsed.value;
  const [named, ...more] = namedIn(parsed.value);
  if (more.length > 0 || (named !== undefined && (kind ?? cursor) !== undefined)) {
    return invalid([
      'at most one of kind and the identifiers is possible, and no cursor beside an identifier',
    ]);
  }
  return ok({ issuer, kind, named, revokedFrom, revokedTo, cursor, limit: limit ?? DEFAULT_PAGE });
}

type Identifiers = { readonly [kind in RevocationKind]?: string | undefined };

const namedIn = (members: Identifiers): readonly Pick<RevocationTarget, 'kind' | 'value'>[] =>
  REVOCATION_KINDS.flatMap((kind) => {
    const value = members[kind];
    return value === undefined ? [] : [{ kind, value }];
  });

function onlyTarget(members: z.output<typeof targetSchema>): Result<RevocationTarget, Fault> {
  const { issuer } = members;
  const [only, ...more] = namedIn(members);
  if (only === undefined || more.length > 0) {
    return invalid([`exactly one of ${REVOCATION_KINDS.join(', ')} is needed`]);
  }
  // Every token of an issuer is not to be revoked by a slip.
  return only.kind === 'iss' && only.value !== issuer
    ? invalid(['iss: must be the issuer again: all of its tokens are meant'])
    : ok({ ...only, issuer });
}

/** Messages name members and rules, never a value. */
function check<S extends z.ZodMiniType>(schema: S, value: object): Result<z.output<S>, Fault> {
  const read = z.safeParse(schema, value);
  return read.success
    ? ok(read.data)
    : invalid(
        read.error.issues.map((issue) =>
          issue.code === 'unrecognized_keys'
            ? `unknown member; known are ${issue.message}`
            : `${issue.path.map(String).join('.')}: ${issue.message}`,
        ),
      );
}

const invalid = (errors: readonly string[]): Result<never, Fault> =>
  err({ status: 400, detail: 'The request is not valid.', errors });
