import type { RevocationReader } from '../../revocation/backend.ts';
import type { RevocationSource } from '../../revocation/port.ts';
import { lookupsOf, statusFrom } from '../../revocation/predicates.ts';

/** A person waits for it, and a refusal on doubt costs one more attempt: longer than the gateway's 250 ms. */
const TIMEOUT_MS = 1_000;

/** Asks the store about a token on every request, as a `strict` route does. */
export const revocationSource = (reader: RevocationReader): RevocationSource => ({
  async status(token) {
    const lookups = lookupsOf(token);
    const answer = await reader.read(lookups.keys, TIMEOUT_MS);
    return answer.ok ? statusFrom(lookups, answer.value.values) : { state: 'unknown', cause: answer.error };
  },
});
