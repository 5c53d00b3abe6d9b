import * as z from 'zod/mini';
import { scope, table, text } from './fields.ts';

/** Who may use an endpoint of the gateway's own, or see what others do not. */
const guardTable = table({
  issuer: z.optional(text('the name of an ISSUERS table')),
  scope: z.optional(scope()),
});

export const canaryTable = table({
  secret: z.optional(text('the name of a secret binding')),
});

export const explainTable = guardTable;
export const statusTable = guardTable;
export const serverTimingTable = guardTable;
