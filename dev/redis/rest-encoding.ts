import { ErrorReply } from 'redis';
import type { CommandOutcome, Reply } from './connection.ts';

export type RestEncoding = 'utf8' | 'base64';

/** One member of an Upstash REST response: `{ "result": … }` or `{ "error": "…" }`. */
export type RestResult = { readonly result: RestValue } | { readonly error: string };
type RestValue = string | number | null | readonly RestValue[];

/** A status reply `OK` stays readable in base64 too; every other string is encoded, a stored "OK" included. */
export function encodeOutcome(outcome: CommandOutcome, encoding: RestEncoding): RestResult {
  if ('error' in outcome) return { error: outcome.error };
  if (outcome.reply instanceof ErrorReply) return { error: outcome.reply.message };
  return { result: outcome.reply === 'OK' ? 'OK' : encodeReply(outcome.reply, encoding) };
}

function encodeReply(reply: Reply, encoding: RestEncoding): RestValue {
  if (reply === null || typeof reply === 'number') return reply;
  if (Array.isArray(reply)) return reply.map((each) => encodeReply(each, encoding));
  if (reply instanceof ErrorReply) return encodeReply(reply.message, encoding);
  return typeof reply === 'string' ? Buffer.from(reply).toString(encoding) : reply.toString(encoding);
}
