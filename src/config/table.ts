import * as z from 'zod/mini';
import type { JsonValue } from '../core/jose.ts';
import { type ConfigProblem, type PathSegment, problem, problemAt, quoted } from './problem.ts';
import { nearest } from './suggestion.ts';
import { synonymOf } from './synonyms.ts';

/** What is sound in a table, and which places are not, so that later checks speak neither twice nor too early. */
export interface ReadTable<T> {
  readonly value: T;
  /** Whether this place, or one below it, has been complained of; its value is then missing from `value`. */
  readonly faulty: (...place: PathSegment[]) => boolean;
}

interface Fault {
  readonly place: readonly PathSegment[];
  readonly problem: ConfigProblem;
}

/**
 * Reads one table by its schema, whose keys are all optional. Mistakes are added to `problems`, and the rest of the
 * table is in `value`. Undefined when `raw` is not a table at all.
 */
export function readTable<S extends z.ZodMiniObject>(
  schema: S,
  raw: JsonValue,
  path: readonly PathSegment[],
  problems: ConfigProblem[],
): ReadTable<z.output<S>> | undefined {
  const first = z.safeParse(schema, raw);
  if (first.success) return { value: first.data, faulty: () => false };
  const faults = first.error.issues.flatMap((issue) => faultsOf(issue, raw, path));
  problems.push(...new Set(faults.map((fault) => fault.problem)));
  if (typeof raw !== 'object' || raw === null || Array.isArray(raw)) return undefined;
  const sound = structuredClone(raw);
  for (const { place } of faults) remove(sound, place);
  return {
    value: z.parse(schema, sound),
    faulty: (...place) =>
      faults.some((fault) => place.every((segment, index) => fault.place[index] === segment)),
  };
}

function faultsOf(issue: z.core.$ZodIssue, raw: JsonValue, base: readonly PathSegment[]): Fault[] {
  const place = issue.path.map((segment) => (typeof segment === 'number' ? segment : String(segment)));
  const path = [...base, ...place];
  const found = valueAt(raw, place);
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.flatMap((key) => unknownKey(key, issue.message.split(', '), found, { place, path }));
  }
  if (issue.code === 'invalid_union') {
    const nearer = issue.errors.find((branch) =>
      branch.some((inner) => inner.path.length > 0 || !['invalid_type', 'custom'].includes(inner.code)),
    );
    if (nearer !== undefined) {
      return nearer.flatMap((inner) =>
        faultsOf({ ...inner, path: [...issue.path, ...inner.path] }, raw, base),
      );
    }
    const branches = issue.errors.flat();
    // Where text is taken as such, a list of it would be no better.
    const takesText = branches.some(({ code }) => code === 'custom');
    const hints = branches.map((inner) =>
      takesText && inner.code === 'invalid_type' ? undefined : hintFor(inner, found),
    );
    const hint = hints.find((each) => each !== undefined);
    return [{ place, problem: problemAt(path, found, issue.message, hint) }];
  }
  return [{ place, problem: problemAt(path, found, issue.message, hintFor(issue, found)) }];
}

/** The key that was meant counts as faulty too, lest it be called missing. */
function unknownKey(
  key: string,
  known: readonly string[],
  table: unknown,
  { place, path }: { readonly place: readonly PathSegment[]; readonly path: readonly PathSegment[] },
): Fault[] {
  const meant = nearest(key, known) ?? synonymOf(key, known);
  const hint = meant === undefined ? undefined : `did you mean ${quoted([meant])}?`;
  const complaint = problem([...path, key], 'an unknown key', known.join(', '), hint);
  const absent =
    meant !== undefined && typeof table === 'object' && table !== null && !Object.hasOwn(table, meant);
  const fault = { place: [...place, key], problem: complaint };
  return absent ? [fault, { ...fault, place: [...place, meant] }] : [fault];
}

function hintFor(issue: z.core.$ZodIssue, found: unknown): string | undefined {
  if (typeof found === 'string' && issue.code === 'invalid_type' && issue.expected === 'array') {
    const elements = found.split(/[\s,]+/).filter((element) => element !== '');
    return elements.length === 0 ? undefined : `did you mean [${quoted(elements)}]?`;
  }
  if (issue.code === 'custom' && typeof issue.params?.hint === 'string') return issue.params.hint;
  return undefined;
}

/** Takes the faulty member out, or, where it is an element, the whole list: the others keep their place in later words. */
function remove(table: object, place: readonly PathSegment[]): void {
  const [key, next, ...rest] = place;
  if (key === undefined || !Object.hasOwn(table, key)) return;
  const member: unknown = Reflect.get(table, key);
  const removable = next === undefined || (typeof next === 'number' && rest.length === 0);
  if (removable || typeof member !== 'object' || member === null) Reflect.deleteProperty(table, key);
  else remove(member, place.slice(1));
}

/** What is at a place below `raw`; own members only. */
export function valueAt(raw: JsonValue, place: readonly PathSegment[]): unknown {
  let value: unknown = raw;
  for (const segment of place) {
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, segment)) return undefined;
    value = Reflect.get(value, segment);
  }
  return value;
}
