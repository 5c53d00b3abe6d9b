import type { HeaderEdits } from '../core/origin-policy.ts';
import { type EditSources, editHeaders } from './edit-headers.ts';
import { type MappedRequest, mapBack } from './map-back.ts';

/** What a route changes in its origin's response; undefined: nothing of that kind. */
export interface ResponseChange {
  readonly mapped: MappedRequest | undefined;
  readonly edits: HeaderEdits | undefined;
  readonly sources: EditSources;
}

/** The response with its paths mapped back and its headers changed. A handshake's (RFC 6455 §4.2.2) stays as it is. */
export function changeResponse(response: Response, { mapped, edits, sources }: ResponseChange): Response {
  if (response.webSocket !== null) return response;
  const changed = new Response(response.body, response);
  if (mapped !== undefined) mapBack(changed.headers, mapped);
  if (edits !== undefined) editHeaders(changed.headers, edits, sources);
  return changed;
}
