import type { IncomingMessage } from 'node:http';
import { BodyTooLarge, readBody } from '../../src/cli/dev/http.ts';

/** The request is not a command: answered without asking Redis. */
export class BadRequest extends Error {
  override readonly name = 'BadRequest';
  readonly status: 400 | 413;

  constructor(message: string, status: 400 | 413 = 400) {
    super(`ERR ${message}`);
    this.status = status;
  }
}

/** Upstash's own limit for a request on its smallest paid plan. */
const MAX_BODY_BYTES = 10 * 1024 * 1024;

/** Throws `BadRequest` beyond the size limit. */
export async function readCommandBody(request: IncomingMessage): Promise<string> {
  try {
    return (await readBody(request, MAX_BODY_BYTES)).toString();
  } catch (error) {
    throw error instanceof BodyTooLarge ? new BadRequest('max request size exceeded', 413) : error;
  }
}

/** Body of `POST /`: `["SET", "foo", "bar"]`. Throws `BadRequest`. */
export function readCommand(body: string): readonly string[] {
  return toCommand(parse(body));
}

/** Body of `/pipeline` and `/multi-exec`: an array of commands. Throws `BadRequest`. */
export function readCommands(body: string): readonly (readonly string[])[] {
  const commands = parse(body);
  if (!Array.isArray(commands) || commands.length === 0)
    throw new BadRequest('expected an array of commands');
  return commands.map(toCommand);
}

/** `/set/foo/bar?EX=10`: the body, if any, follows the path, the query follows the body. Throws `BadRequest`. */
export function readPathCommand(target: string, body: string): readonly string[] {
  const [path = '', query = ''] = target.split(/\?(.*)/s);
  const options = [...new URLSearchParams(query)].flatMap(([name, value]) =>
    value === '' ? [name] : [name, value],
  );
  try {
    const words = path.slice(1).split('/').map(decodeURIComponent);
    return [...words, ...(body === '' ? [] : [body]), ...options];
  } catch {
    throw new BadRequest('the path is not a command');
  }
}

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    throw new BadRequest('failed to parse the request body as JSON');
  }
}

function toCommand(value: unknown): readonly string[] {
  if (!Array.isArray(value) || value.length === 0) throw new BadRequest('a command is a non-empty array');
  return value.map((word: unknown) => {
    if (typeof word === 'string') return word;
    if (typeof word === 'number' || typeof word === 'boolean') return String(word);
    throw new BadRequest('a command holds strings, numbers and booleans only');
  });
}
