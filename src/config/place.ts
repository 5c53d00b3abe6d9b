import { BINDING_NAME } from './fields.ts';
import { type ConfigProblem, type PathSegment, problem } from './problem.ts';

/** One table being read: where its mistakes go. What is faulty has its mistake told already. */
export interface Reading {
  readonly path: readonly PathSegment[];
  readonly faulty: (...place: PathSegment[]) => boolean;
  readonly problems: ConfigProblem[];
}

export interface Place extends Reading {
  readonly variables: Readonly<Record<string, unknown>>;
}

/** RFC 6749 §10.10: an attacker must not be able to guess it. 32 characters of base64url hold 192 bits. */
const MIN_SECRET_LENGTH = 32;
export const SECRET = 'the name of a secret binding';

/** A value that must be there; its absence is told unless the key is faulty. */
export function required<T>(
  value: T | undefined,
  key: string,
  allowed: string,
  { path, faulty, problems }: Place,
): T | undefined {
  if (value === undefined && !faulty(key)) problems.push(problem([...path, key], 'nothing', allowed));
  return value;
}

/** The secret itself, from a binding; neither it nor a name that may be one by mistake is ever repeated. */
export function secretBound(
  binding: string,
  at: readonly PathSegment[],
  { path, variables, problems }: Place,
): string | undefined {
  const bound = BINDING_NAME.test(binding) && Object.hasOwn(variables, binding);
  const secret = bound ? variables[binding] : undefined;
  if (typeof secret === 'string' && secret.length >= MIN_SECRET_LENGTH) return secret;
  const found =
    typeof secret === 'string' ? `a secret of ${secret.length} characters` : 'no secret of that name';
  const allowed = `${SECRET} with at least ${MIN_SECRET_LENGTH} characters`;
  problems.push(problem([...path, ...at], found, allowed));
  return undefined;
}
