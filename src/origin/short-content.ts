import type { ReceivedRequest } from '../core/received-request.ts';
import { announcedLength } from './body-limit.ts';

/** Content up to this is read whole before the origin is asked; bytes. */
export const MAX_SHORT_BYTES = 65_536;

/**
 * Whether a request announces content so short that it is read before it is sent: the runtime calls a broken upload and
 * a broken origin by the same name, and only content that is there already cannot break. Longer content
 * is watched on its way (`watched-body.ts`), which would cost a short one half as much again.
 */
export function isShort({ request, headers }: Pick<ReceivedRequest, 'request' | 'headers'>): boolean {
  if (request.body === null) return false;
  const length = announcedLength(headers);
  return length > 0 && length <= MAX_SHORT_BYTES && !headers.has('Transfer-Encoding');
}
