import type { HeaderEdit, HeaderEdits, HeaderValue } from '../core/origin-policy.ts';
import { FIELD_NAME } from './compile-headers.ts';
import { namedSecret } from './named-secret.ts';
import type { HeaderEditsTable } from './origin-keys.ts';
import type { Reading } from './place.ts';
import { type PathSegment, problem, problemAt } from './problem.ts';
import type { RequestRules } from './request-rules.ts';
import type { RouteTable } from './schema.ts';
import type { Bindings } from './variables.ts';

type Direction = 'request' | 'response';
type ValueTable = NonNullable<HeaderEditsTable['set']>[string];

interface Around {
  readonly bindings: Bindings;
  readonly rules: RequestRules;
  readonly reading: Reading;
  /** The route's identity headers. */
  readonly mapped: readonly string[];
}

const FAULTS = {
  framing: 'a header that neither frames the message nor belongs to the connection',
  own: 'a header that the gateway or Cloudflare does not write itself',
  spelling: 'the standard spelling of this header',
  stripped: 'a header that is not removed anyway',
} as const;

/** `request_headers` or `response_headers` of a route. Names must be free for this use, and each is changed in one way. */
export function compileHeaderEdits(
  table: HeaderEditsTable | undefined,
  direction: Direction,
  route: RouteTable,
  around: Around,
): HeaderEdits | undefined {
  if (table === undefined) return undefined;
  const { reading, rules } = around;
  const at = [...reading.path, `${direction}_headers`];
  if (Object.keys(table).length === 0 && !reading.faulty(`${direction}_headers`)) {
    reading.problems.push(problem(at, 'an empty table', 'set, append or remove'));
  }
  const names = new Map<string, string>();
  const claim = (header: string, action: 'set' | 'append' | 'remove', place: readonly PathSegment[]) => {
    const folded = rules.foldHeaderName(header);
    const fault = FIELD_NAME.test(header) ? rules.editFault(header, direction, action) : 'name';
    const other = names.get(folded);
    const refuse = (allowed: string) => reading.problems.push(problemAt(place, header, allowed));
    if (fault === 'name') refuse('1 to 64 characters of a header name (RFC 9110 §5.6.2)');
    else if (fault !== undefined) refuse(FAULTS[fault]);
    else if (other !== undefined) refuse(`each header once, in any spelling; ${other} has it already`);
    else if (direction === 'request') refuseClaimed(header, folded, refuse);
    else if (route.cors !== undefined && folded.startsWith('access-control-')) {
      refuse('a header that cors of this route does not write');
    }
    names.set(folded, action);
    return folded;
  };
  const refuseClaimed = (header: string, folded: string, refuse: (allowed: string) => void) => {
    if (around.mapped.some((each) => rules.foldHeaderName(each) === folded)) {
      refuse('a header that no claim of this route is mapped to');
    }
    // Of the others `checkKeptHeaders` tells.
    const told = rules.isStrippedWhereSet(header);
    if (!told && (route.keep_headers ?? []).some((each) => rules.foldHeaderName(each) === folded)) {
      refuse('a header that is not in keep_headers');
    }
    if (folded === 'authorization' && route.forward_token === true) {
      refuse(`${header} beside forward_token = false`);
    }
  };
  const edits = (action: 'set' | 'append') =>
    Object.entries(table[action] ?? {}).flatMap(([header, given]): HeaderEdit[] => {
      const place = [...at, action, header];
      claim(header, action, place);
      const isFaulty = reading.faulty(`${direction}_headers`, action, header);
      const value = isFaulty ? undefined : compileValue(given, direction, place, around);
      return value === undefined ? [] : [{ header, value }];
    });
  const remove = (table.remove ?? []).map((header, index) =>
    claim(header, 'remove', [...at, 'remove', index]),
  );
  return { remove: new Set(remove), set: edits('set'), append: edits('append') };
}

/** An origin's key may be short, but not empty, and it must be one line that a header can carry. */
const SENDABLE = /^[!-~]+(?: [!-~]+)*$/;

const SECRET = 'the name of a secret of visible ASCII characters, without spaces around';

function compileValue(
  given: ValueTable,
  direction: Direction,
  at: readonly PathSegment[],
  { bindings, reading }: Around,
): HeaderValue | undefined {
  const { problems } = reading;
  if (typeof given === 'string') return { from: 'text', text: given };
  const { secret: binding, request: part } = given;
  if ((binding === undefined) === (part === undefined)) {
    const found = binding === undefined ? 'neither' : 'both';
    problems.push(problem(at, found, 'one of secret and request'));
    return undefined;
  }
  if (part !== undefined) return { from: 'request', part };
  if (binding === undefined) return undefined;
  if (direction === 'response') {
    problems.push(problem([...at, 'secret'], 'a secret in a response', 'a value that every client may read'));
    return undefined;
  }
  const path = [...at, 'secret'];
  const secret = namedSecret(binding, bindings, SECRET, { ...reading, path });
  if (secret !== undefined && !SENDABLE.test(secret)) {
    problems.push(problem(path, 'a secret that no header can carry', SECRET));
  }
  return { from: 'secret', binding };
}
