import { DeadlineExceeded, withinDeadline } from '../../core/deadline.ts';
import type { RevocationObject } from './object.ts';

/** The binding of wrangler.toml. */
export type RevocationNamespace = DurableObjectNamespace<RevocationObject>;

/** All revocations live in one object: that is what makes a listing and a sequence of changes possible. */
const OBJECT_NAME = 'revocations';

/**
 * Calls the object within `timeoutMs`; throws `DeadlineExceeded` or what the call throws. The stub is made for the
 * call, since it belongs to the request it was made in; a call that outlives its deadline is abandoned, not undone.
 */
export const callObject = <T>(
  namespace: RevocationNamespace,
  timeoutMs: number,
  call: (object: DurableObjectStub<RevocationObject>) => Promise<T>,
): Promise<T> => withinDeadline(timeoutMs, () => call(namespace.getByName(OBJECT_NAME)));

/** What went wrong in one word: the object's own messages may name keys. */
export const causeOf = (error: unknown): string =>
  error instanceof DeadlineExceeded ? 'timeout' : 'object_failed';
