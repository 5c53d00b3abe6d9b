import { err, ok, type Result } from '../../core/result.ts';
import type { Fault } from '../../http/fault.ts';
import { MAX_REFUSALS, type RefusalQuery } from '../../metrics/refusal-ring.ts';

const FILTERS = ['reason', 'route', 'issuer', 'client', 'after'] as const;
const DEFAULT_LIMIT = 100;
/** What is longer is no name and no address. */
const MAX_LENGTH = 512;

/** The query of `/v1/refusals`; an empty filter is none. */
export function parseRefusalQuery(parameters: ReadonlyMap<string, string>): Result<RefusalQuery, Fault> {
  const known: readonly string[] = [...FILTERS, 'limit'];
  const errors = [...parameters]
    .filter(([name, value]) => !known.includes(name) || value.length > MAX_LENGTH)
    .map(([name]) =>
      known.includes(name) ? `${name}: is too long` : `unknown parameter; known are ${known.join(', ')}`,
    );
  const text = parameters.get('limit') ?? String(DEFAULT_LIMIT);
  const limit = /^\d{1,4}$/.test(text) ? Number(text) : 0;
  if (limit < 1 || limit > MAX_REFUSALS) errors.push(`limit: a whole number from 1 to ${MAX_REFUSALS}`);
  if (errors.length > 0) return err({ status: 400, detail: 'The request is not valid.', errors });
  const given = (name: (typeof FILTERS)[number]) => parameters.get(name) || undefined;
  return ok({
    reason: given('reason'),
    route: given('route'),
    issuer: given('issuer'),
    client: given('client'),
    after: given('after'),
    limit,
  });
}
