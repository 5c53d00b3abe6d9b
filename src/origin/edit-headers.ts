import { foldHeaderName } from '../core/fold-header-name.ts';
import type { HeaderEdit, HeaderEdits, HeaderValue, RequestPart } from '../core/origin-policy.ts';
import type { ReceivedRequest, RequestTarget } from '../core/received-request.ts';

/** Where the values that a header may take come from. */
export interface EditSources {
  /** By binding. A secret goes into the origin's request and nowhere else. */
  readonly secrets: ReadonlyMap<string, string>;
  readonly received: Pick<ReceivedRequest, 'method' | 'clientAddress'>;
  /** As it was matched. Its parts are visible ASCII. */
  readonly target: RequestTarget;
}

/**
 * Removes, sets and appends as the configuration says, in place. A part of the request that there is none of (no
 * client address off Cloudflare's edge) sets nothing, and lets nothing of the client's stand either.
 * Relies on `strip.ts` for other spellings of what is set. Throws for a secret that is not bound: the configuration
 * check has made sure of it.
 */
export function editHeaders(headers: Headers, edits: HeaderEdits, sources: EditSources): void {
  if (edits.remove.size > 0) {
    for (const name of [...headers.keys()]) {
      if (edits.remove.has(foldHeaderName(name))) headers.delete(name);
    }
  }
  for (const { header, value } of edits.set) {
    const text = textOf(value, sources);
    if (text === undefined) headers.delete(header);
    else headers.set(header, text);
  }
  for (const { header, value } of edits.append) {
    const text = textOf(value, sources);
    if (text !== undefined) headers.append(header, text);
  }
}

function textOf(value: HeaderValue, sources: EditSources): string | undefined {
  switch (value.from) {
    case 'text':
      return value.text;
    case 'request':
      return partOf(value.part, sources);
    case 'secret': {
      const secret = sources.secrets.get(value.binding);
      if (secret === undefined) throw new TypeError('a secret that is not bound');
      return secret;
    }
  }
}

function partOf(part: RequestPart, { received, target }: EditSources): string | undefined {
  switch (part) {
    case 'method':
      return received.method;
    case 'scheme':
      return target.scheme;
    case 'host':
      return target.authority;
    case 'path':
      return target.path;
    case 'client_address':
      return received.clientAddress;
  }
}

/** The secrets that some header takes, by binding. */
export function editSecrets(
  edits: readonly (HeaderEdits | undefined)[],
  bindings: Readonly<Record<string, unknown>>,
): ReadonlyMap<string, string> {
  const named = (each: readonly HeaderEdit[]) =>
    each.flatMap(({ value }) => (value.from === 'secret' ? [value.binding] : []));
  const all = edits.flatMap((each) => (each === undefined ? [] : named([...each.set, ...each.append])));
  return new Map(
    all.flatMap((binding) => {
      const secret = bindings[binding];
      return typeof secret === 'string' ? [[binding, secret] as const] : [];
    }),
  );
}
