import { err, ok, type Result } from '../../core/result.ts';
import { readJson } from '../../http/body.ts';
import type { Fault } from '../../http/fault.ts';

/** What an admin names, in one member, and why. */
export interface Order<Member extends string> {
  readonly member: Member;
  readonly value: string;
  /** One bounded line; empty where none is given. */
  readonly reason: string;
}

/** Longest identifier, and longest reason, in UTF-16 code units. */
const MAX_VALUE_LENGTH = 1_024;
const MAX_REASON_LENGTH = 256;

/** Reads a JSON object with exactly one of `members`, and `reason` where there is one. */
export async function readOrder<const Member extends string>(
  request: Request,
  members: readonly Member[],
): Promise<Result<Order<Member>, Fault>> {
  const body = await readJson(request);
  if (!body.ok) return body;
  const { reason = '', ...named } = body.value;
  const [member, ...others] = Object.keys(named);
  const known = members.find((each) => each === member);
  if (known === undefined || others.length > 0) {
    return err({
      status: 400,
      detail: `Exactly one of ${members.join(', ')} is needed, and reason at most.`,
    });
  }
  const value = named[known];
  if (typeof value !== 'string' || value === '' || value.length > MAX_VALUE_LENGTH) {
    return err({ status: 400, detail: `${known} is a text of 1 to ${MAX_VALUE_LENGTH} characters.` });
  }
  if (!value.isWellFormed()) return err({ status: 400, detail: `${known} is not well-formed text.` });
  if (typeof reason !== 'string') return err({ status: 400, detail: 'reason is a text.' });
  return ok({ member: known, value, reason: oneLine(reason) });
}

const oneLine = (text: string): string =>
  text
    .toWellFormed()
    .replace(/\p{Cc}+/gu, ' ')
    .slice(0, MAX_REASON_LENGTH);
