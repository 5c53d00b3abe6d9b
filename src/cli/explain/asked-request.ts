import { CommandFailed, type Terminal, UsageError } from '../command.ts';
import type { ClientRequest } from '../offline/port.ts';

interface AskedValues {
  readonly header?: readonly string[] | undefined;
  readonly token?: string | undefined;
}

/** A request as it is described on a command line. Throws `UsageError`, which repeats no header and no token. */
export async function askedRequest(
  positionals: readonly string[],
  { header = [], token }: AskedValues,
  terminal: Terminal,
): Promise<ClientRequest> {
  const [first, second] = positionals;
  const [method = 'GET', url] = positionals.length === 1 ? [undefined, first] : [first, second];
  if (url === undefined || positionals.length > 2) {
    throw new UsageError('A method and a URL are needed: GET https://api.example/orders/7');
  }
  if (!/^[!#$%&'*+.^_`|~0-9A-Z-]+$/.test(method))
    throw new UsageError('The method is in upper case, such as GET.');
  if (!/^https?:\/\/[^/]+\/[^\s]*$/.test(url)) {
    throw new UsageError('The URL is whole, with a path: https://api.example/orders/7');
  }
  const path = url.slice(url.indexOf('/', 'https://'.length));
  if (path === '/.portcullis' || path.startsWith('/.portcullis/')) {
    throw new UsageError('What is below /.portcullis/ the gateway answers itself: no route has it.');
  }
  const headers = header.map(headerOf);
  const body = announcesContent(headers) ? ' ' : undefined;
  if (token === undefined) return { method, url, headers, body };
  if (token !== '-') {
    throw new UsageError(
      '--token takes "-" alone: a token on the command line is seen in the list of processes.',
    );
  }
  const given = (await terminal.readStdin()).trim().replace(/^(?:authorization\s*:\s*)?bearer\s+/i, '');
  if (given === '') throw new CommandFailed('Standard input is empty: there is no token to explain.');
  if (headers.some(([name]) => name.toLowerCase() === 'authorization')) {
    throw new UsageError('--token - and an Authorization header: only one of the two.');
  }
  return { method, url, headers: [...headers, sendable(['Authorization', `Bearer ${given}`])], body };
}

/** What the content is nobody asks; that there is some, its headers say (RFC 9112 §6.3). */
const announcesContent = (headers: ClientRequest['headers']): boolean =>
  headers.some(
    ([name, value]) =>
      /^transfer-encoding$/i.test(name) || (/^content-length$/i.test(name) && !/^0*$/.test(value)),
  );

function headerOf(line: string): readonly [string, string] {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(0, colon)).trim();
  if (name === '') throw new UsageError('A header is written as -H "Name: value".');
  return sendable([name, line.slice(colon + 1).trim()]);
}

/** What no HTTP client could send is a mistake of the command line. */
function sendable(pair: readonly [string, string]): readonly [string, string] {
  try {
    new Headers([[pair[0], pair[1]]]);
    return pair;
  } catch {
    throw new UsageError(
      'A header has characters that no header can have: a line break, or a letter beyond Latin-1.',
    );
  }
}
