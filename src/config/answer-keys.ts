import * as z from 'zod/mini';
import { corsTable } from './cors-table.ts';
import { resourceMetadataTable } from './resource-metadata-table.ts';

/** Keys of a route that say what its answers tell, and to whom. */
export const answerKeys = {
  cors: z.optional(corsTable),
  resource_metadata: z.optional(resourceMetadataTable),
};
