import * as z from 'zod/mini';
import { parseEndpoint } from '../../config/endpoint.ts';
import { duration, parsed, table } from '../../config/fields.ts';
import { namedSecret } from '../../config/named-secret.ts';
import { twinOf } from '../../config/own-secret.ts';
import { MIN_SECRET_LENGTH, required, SECRET } from '../../config/place.ts';
import { type ConfigProblem, problem } from '../../config/problem.ts';
import { checkService } from '../../config/service-binding.ts';
import { readTable } from '../../config/table.ts';
import type { Bindings } from '../../config/variables.ts';
import type { JsonValue } from '../../core/jose.ts';

const MINUTE = 60_000;
const DEFAULT_INTERVAL = 10 * MINUTE;

export const GATEWAY = 'https://host of the gateway, without a path, or "service:BINDING"';

/** Without the slash at its end. */
export const gatewayAddress = () =>
  parsed(GATEWAY, (text) => {
    if (/^service:[A-Za-z_]\w{0,127}$/.test(text)) return text;
    const url = parseEndpoint(text);
    return url !== undefined && url.pathname === '/' && url.search === '' ? url.origin : undefined;
  });

export const canaryTable = table({
  gateway: z.optional(gatewayAddress()),
  secret: z.optional(z.string({ error: SECRET })),
  interval: z.optional(duration({ min: MINUTE, max: 24 * 60 * MINUTE })),
});

/** How control measures the time from a revocation until the gateway enforces it. */
export interface CanaryPolicy {
  /** An origin, or `service:BINDING`. */
  readonly gateway: string;
  /** What signs its tokens. */
  readonly secret: string;
  readonly intervalMinutes: number;
}

const SECRET_ALLOWED = `${SECRET} with at least ${MIN_SECRET_LENGTH} characters: the gateway's \`GATEWAY.canary.secret\``;

/** undefined: nothing is measured. Mistakes are added to `problems`. */
export function readCanary(
  raw: JsonValue | undefined,
  variables: Bindings,
  problems: ConfigProblem[],
): CanaryPolicy | undefined {
  const path = ['CONTROL', 'canary'];
  const read = raw === undefined ? undefined : readTable(canaryTable, raw, path, problems);
  if (read === undefined) return undefined;
  const { value, faulty } = read;
  const place = { variables, problems, path, faulty };
  const gateway = required(value.gateway, 'gateway', GATEWAY, place);
  const binding = required(value.secret, 'secret', SECRET_ALLOWED, place);
  const [, service] = /^service:(.*)/.exec(gateway ?? '') ?? [];
  if (service !== undefined) checkService(service, variables, [...path, 'gateway'], problems);
  const at = { path: [...path, 'secret'], faulty, problems };
  const secret = binding === undefined ? undefined : namedSecret(binding, variables, SECRET_ALLOWED, at);
  const short = secret !== undefined && secret.length < MIN_SECRET_LENGTH;
  const found = short ? 'a secret that is too short' : secret && twinOf(variables, binding ?? '');
  if (found !== undefined) problems.push(problem(at.path, found, SECRET_ALLOWED));
  const interval = value.interval ?? DEFAULT_INTERVAL;
  if (interval % MINUTE !== 0) {
    problems.push(
      problem([...path, 'interval'], `${interval} ms`, 'whole minutes: the cron comes each minute'),
    );
  }
  if (variables.METRICS === undefined) {
    problems.push(
      problem(['METRICS'], 'nothing, while CONTROL has a canary', 'the binding METRICS of the gateway'),
    );
  }
  return gateway === undefined || secret === undefined
    ? undefined
    : { gateway, secret, intervalMinutes: interval / MINUTE };
}
