import * as z from 'zod/mini';
import type { Explanation } from '../../telemetry/explanation.ts';
import { type AdminApi, readConnection } from '../admin-api.ts';
import { CommandFailed, EXIT, type Terminal } from '../command.ts';
import type { ClientRequest } from '../offline/port.ts';

const GATEWAY: AdminApi = { what: 'the gateway', variable: 'PORTCULLIS_GATEWAY_URL' };

const TIMEOUT_MS = 10_000;

const text = z.string();
const textOrNull = z.nullable(text);
const seenRequirement: z.ZodMiniType = z.object({
  kind: text,
  at: textOrNull,
  asks: text,
  holds: z.boolean(),
  found: textOrNull,
  of: z.array(z.lazy(() => seenRequirement)),
});

/** What is printed of it has the shape that it must have; a gateway of another version may say more. */
const explanation = z.object({
  now: z.number(),
  request: z.object({ method: text, host: text, path: text, headers: z.array(text) }),
  verdict: z.enum(['allowed', 'denied', 'unknown', 'failed']),
  reason: textOrNull,
  evidence: textOrNull,
  wouldRefuse: textOrNull,
  steps: z.array(
    z.object({
      stage: text,
      outcome: z.enum([
        'passed',
        'failed',
        'unknown',
        'would_fail',
        'not_reached',
        'not_checked',
        'not_needed',
      ]),
      lookedAt: text,
      expected: z.array(text),
      found: textOrNull,
    }),
  ),
  routes: z.object({
    matched: textOrNull,
    preflight: z.boolean(),
    nearest: z.array(
      z.object({
        route: text,
        host: text,
        path: text,
        methods: z.nullable(z.array(text)),
        because: z.array(z.enum(['host', 'path', 'method', 'less_specific'])),
      }),
    ),
  }),
  token: z.nullable(
    z.object({
      verified: z.boolean(),
      issuer: textOrNull,
      header: z.record(text, text),
      claims: z.record(text, z.json()),
      clockToleranceSeconds: z.nullable(z.number()),
      keysAtHand: z.nullable(z.array(text)),
      keysFailed: textOrNull,
    }),
  ),
  requirement: z.nullable(seenRequirement),
  answer: z.nullable(z.object({ status: z.number(), headers: z.record(text, text), body: z.json() })),
});

/** What a gateway that runs says of a request. Throws `CommandFailed`, and `UsageError` for who cannot be asked. */
export async function explainLive(
  values: { readonly live: string; readonly 'token-file'?: string | undefined },
  { method, url, headers }: ClientRequest,
  terminal: Terminal,
): Promise<Explanation> {
  const connection = await readConnection(
    { url: values.live, 'token-file': values['token-file'] },
    terminal,
    GATEWAY,
  );
  const { origin } = connection.url;
  let response: Response;
  let said: unknown;
  try {
    response = await fetch(`${origin}/.portcullis/explain`, {
      method: 'POST',
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: { Authorization: `Bearer ${connection.token}`, 'Content-Type': 'application/json' },
      body: JSON.stringify({ method, url, headers }),
    });
    said = await response.json().catch(() => undefined);
  } catch {
    throw new CommandFailed(`${origin} does not answer.`, EXIT.unavailable);
  }
  if (!response.ok) throw refusalOf(response.status, origin);
  const read = explanation.safeParse(said);
  if (!read.success) throw new CommandFailed(`${origin} does not answer as a gateway of this version does.`);
  return read.data as Explanation;
}

function refusalOf(status: number, origin: string): CommandFailed {
  switch (status) {
    case 401:
      return new CommandFailed('The token of --token-file, or PORTCULLIS_TOKEN, is refused (401).');
    case 403:
      return new CommandFailed('That token has not the scope of "explain" in [vars.GATEWAY] (403).');
    case 404:
      return new CommandFailed(
        `${origin} explains nothing (404): "explain" is not in its [vars.GATEWAY], or it is no gateway.`,
      );
    case 503:
      return new CommandFailed(`${origin} cannot verify the token at the moment (503).`, EXIT.unavailable);
    default:
      return new CommandFailed(`${origin} refuses to explain this request (${status}).`);
  }
}
