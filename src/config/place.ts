import { BINDING_NAME, resemblesSecret } from './fields.ts';
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
export const MIN_SECRET_LENGTH = 32;
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
  if (secret === undefined && resemblesSecret(binding)) {
    problems.push(secretInPlace([...path, ...at]));
    return undefined;
  }
  const found =
    typeof secret === 'string' ? `a secret of ${secret.length} characters` : 'no secret of that name';
  const allowed = `${SECRET} with at least ${MIN_SECRET_LENGTH} characters`;
  problems.push(problem([...path, ...at], found, allowed));
  return undefined;
}

/** A secret where its binding's name belongs: in a file that is shared, and perhaps deployed as plain text. Never repeated. */
export const secretInPlace = (path: readonly PathSegment[]): ConfigProblem =>
  problem(
    path,
    'what looks like a secret itself',
    `${SECRET}, such as "ACME_SECRET"`,
    'npx wrangler secret put ACME_SECRET, and a new secret: this one may have been seen',
  );
