import { err, ok } from '../../core/result.ts';
import type { RevocationReader } from '../../revocation/port.ts';
import { revocationIn } from '../stored-form.ts';
import { callObject, causeOf, type RevocationNamespace } from './call.ts';
import { markFrom } from './mark.ts';

/** Reads the deny-list in the Durable Object: one call for all keys. */
export function createDurableReader(namespace: RevocationNamespace): RevocationReader {
  return {
    async read(keys, timeoutMs) {
      try {
        const { values, ...mark } = await callObject(namespace, timeoutMs, (object) => object.read(keys));
        if (values.length !== keys.length) return err('malformed');
        return ok({
          ...markFrom(mark),
          values: values.map((value) => (value === null ? undefined : revocationIn(value))),
        });
      } catch (error) {
        return err(causeOf(error));
      }
    },
  };
}
