import { visibleText } from '../core/visible-text.ts';
import { CommandFailed, EXIT, type Terminal, UsageError } from './command.ts';

/** `parseArgs` options of every command that talks to the control Worker. */
export const CONNECTION_OPTIONS = {
  url: { type: 'string' },
  'token-file': { type: 'string' },
  json: { type: 'boolean' },
  help: { type: 'boolean', short: 'h' },
} as const;

/** Which Worker a command talks to, and the variable that says where it is. */
export interface AdminApi {
  readonly what: string;
  readonly variable: string;
}

const CONTROL: AdminApi = { what: 'the control Worker', variable: 'PORTCULLIS_URL' };
export const TOKEN_SERVICE: AdminApi = {
  what: 'the token service',
  variable: 'PORTCULLIS_TOKEN_SERVICE_URL',
};

export const connectionUsage = ({
  what,
  variable,
}: AdminApi) => `  --url URL            ${what}, or ${variable}
  --token-file FILE    the admin token, "-" for standard input, or PORTCULLIS_TOKEN
  --json               print the answer as JSON
  -h, --help           print this`;

export const CONNECTION_USAGE = connectionUsage(CONTROL);

export interface Connection {
  readonly url: URL;
  readonly token: string;
}

const TIMEOUT_MS = 10_000;

/** Reads where to and as whom. Throws `UsageError`. */
export async function readConnection(
  values: { readonly url?: string | undefined; readonly 'token-file'?: string | undefined },
  terminal: Terminal,
  { what, variable }: AdminApi = CONTROL,
): Promise<Connection> {
  const text = values.url ?? terminal.environment[variable];
  if (text === undefined) throw new UsageError(`Where is ${what}? Give --url or ${variable}.`);
  const url = URL.parse(text);
  if (url === null || !['https:', 'http:'].includes(url.protocol) || url.search !== '' || url.hash !== '') {
    throw new UsageError(
      `--url: expected a URL such as https://control.example, found "${visibleText(text)}".`,
    );
  }
  if (url.username !== '' || url.password !== '') {
    throw new UsageError(
      '--url: takes no credentials; the token goes into --token-file or PORTCULLIS_TOKEN.',
    );
  }
  if (url.protocol === 'http:' && !['localhost', '127.0.0.1', '[::1]'].includes(url.hostname)) {
    throw new UsageError('--url: http sends the admin token in the clear; only https, or http to localhost.');
  }
  return { url, token: await readToken(values['token-file'], terminal) };
}

async function readToken(file: string | undefined, terminal: Terminal): Promise<string> {
  const text = file === undefined ? terminal.environment.PORTCULLIS_TOKEN : await tokenFrom(file, terminal);
  const token = text?.trim() ?? '';
  if (token === '')
    throw new UsageError('No admin token. Give --token-file FILE, or "-", or PORTCULLIS_TOKEN.');
  if (!/^[\w.~+/-]+=*$/.test(token))
    throw new UsageError('The admin token holds characters that no token has.');
  return token;
}

async function tokenFrom(file: string, terminal: Terminal): Promise<string> {
  try {
    return await (file === '-' ? terminal.readStdin() : terminal.readFile(file));
  } catch (error) {
    throw new UsageError(`--token-file: ${error instanceof Error ? error.message : 'cannot be read'}`);
  }
}

export type Answer = Readonly<Record<string, unknown>>;

/** Calls the admin API. Throws `CommandFailed` for anything but success, with the Worker's own words. */
export async function callAdminApi(
  { url, token }: Connection,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: object,
): Promise<Answer> {
  const target = new URL(url.href.replace(/\/?$/, path));
  let response: Response;
  let text: string;
  try {
    response = await fetch(target, {
      method,
      redirect: 'manual',
      signal: AbortSignal.timeout(TIMEOUT_MS),
      headers: {
        Authorization: `Bearer ${token}`,
        ...(body === undefined ? {} : { 'Content-Type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    text = await response.text();
  } catch (error) {
    throw new CommandFailed(`${url.origin} does not answer: ${reasonOf(error)}.`, EXIT.unavailable);
  }
  const answer = parseAnswer(text);
  if (response.ok && answer !== undefined) return answer;
  throw refusal(response, answer, url);
}

function refusal({ status, headers }: Response, answer: Answer | undefined, url: URL): CommandFailed {
  const said = [answer?.detail, ...(Array.isArray(answer?.errors) ? answer.errors : [])]
    .filter((line) => typeof line === 'string')
    .map((line) => `\n  ${visibleText(line)}`)
    .join('');
  switch (status) {
    case 401:
      return new CommandFailed(
        `The admin token is refused (401): expired, revoked, or not issued for this control Worker.${said}`,
      );
    case 403:
      return new CommandFailed(`The admin token does not allow this (403).${scopeWanted(headers)}${said}`);
    case 429:
    case 503: {
      const wait = headers.get('Retry-After');
      const when = wait === null ? '' : ` in ${visibleText(wait)} s`;
      return new CommandFailed(`Not done (${status}). Run it again${when}.${said}`, EXIT.unavailable);
    }
    default:
      return answer?.detail === undefined
        ? new CommandFailed(
            `${url.origin} answers ${status}, and not as a control Worker does. Is --url right?`,
          )
        : new CommandFailed(`Refused (${status}).${said}`);
  }
}

function scopeWanted(headers: Headers): string {
  const scope = /scope="([^"]*)"/.exec(headers.get('WWW-Authenticate') ?? '')?.[1];
  return scope === undefined ? '' : ` It needs the scope ${visibleText(scope)}.`;
}

function parseAnswer(text: string): Answer | undefined {
  try {
    const parsed: unknown = JSON.parse(text);
    return typeof parsed === 'object' && parsed !== null && !Array.isArray(parsed)
      ? (parsed as Answer)
      : undefined;
  } catch {
    return undefined;
  }
}

function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return 'unknown';
  if (error.name === 'TimeoutError') return `no answer within ${TIMEOUT_MS / 1000} s`;
  const { cause } = error;
  if (cause instanceof Error && 'code' in cause) return String(cause.code);
  return error.message;
}
