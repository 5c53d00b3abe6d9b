import { printable, type Terminal, UsageError } from './command.ts';

/** `parseArgs` options that say what is meant. */
export const TARGET_OPTIONS = {
  issuer: { type: 'string' },
  jti: { type: 'string' },
  sub: { type: 'string' },
  sid: { type: 'string' },
  'client-id': { type: 'string' },
  tenant: { type: 'string' },
  kid: { type: 'string' },
} as const;

export const TARGET_USAGE = `  TOKEN                the token itself, or "-" to read it from standard input
  JTI, --jti JTI       the token of that identifier
  --sub SUBJECT        every token of a subject
  --sid SESSION        every token of a session
  --client-id CLIENT   every token of a client
  --tenant TENANT      every token of a tenant
  --kid KEY            every token signed with a key
  --issuer ISSUER      the "iss" of the tokens; not needed with a TOKEN`;

const MEMBERS = {
  jti: 'jti',
  sub: 'sub',
  sid: 'sid',
  'client-id': 'client_id',
  tenant: 'tenant',
  kid: 'kid',
} as const;

type TargetValues = { readonly [option in keyof typeof TARGET_OPTIONS]?: string | undefined };

/** A token as given, or an issuer and one identifier in the words of the admin API. */
export type TargetArguments =
  | { readonly by: 'token'; readonly token: string }
  | { readonly by: 'target'; readonly target: Readonly<Record<string, string>> };

/** Reads what is meant from the command line. Throws `UsageError`. */
export async function readTarget(
  values: TargetValues,
  positionals: readonly string[],
  terminal: Terminal,
): Promise<TargetArguments> {
  const named = Object.entries(MEMBERS).flatMap(([option, member]) => {
    const value = values[option as keyof typeof MEMBERS];
    return value === undefined ? [] : [[member, value] as const];
  });
  if (positionals.length + named.length !== 1) {
    const found = positionals.length + named.length === 0 ? 'none was given' : 'several were given';
    throw new UsageError(`Exactly one token or identifier is needed; ${found}.`);
  }
  const [first] = positionals;
  const given = first === '-' ? (await terminal.readStdin()).trim() : first;
  if (given !== undefined && isToken(given)) {
    if (values.issuer !== undefined && values.issuer !== claimsOf(given).iss) {
      throw new UsageError(`--issuer: the token was issued by "${printable(String(claimsOf(given).iss))}".`);
    }
    return { by: 'token', token: given };
  }
  if (values.issuer === undefined) {
    throw new UsageError('--issuer is needed: an identifier means nothing without the issuer that gave it.');
  }
  const [member, value] = named[0] ?? ['jti', given ?? ''];
  if (value === '') throw new UsageError('The identifier is empty.');
  return { by: 'target', target: { issuer: values.issuer, [member]: value } };
}

/** The same with a token read as its issuer and `jti`. Nothing in it is verified: it only says what to look for. */
export function asTarget(given: TargetArguments): Readonly<Record<string, string>> {
  if (given.by === 'target') return given.target;
  const { iss, jti } = claimsOf(given.token);
  if (typeof iss !== 'string' || typeof jti !== 'string') {
    throw new UsageError(
      'The token has no "iss" and "jti". Name what is meant: --sub, --sid or --client-id.',
    );
  }
  return { issuer: iss, jti };
}

/** Three parts of which the first is a JOSE header: an identifier with two dots in it is not taken for a token. */
const isToken = (text: string): boolean =>
  text.split('.').length === 3 && typeof decodePart(text.split('.')[0]).alg === 'string';

const claimsOf = (token: string): Readonly<Record<string, unknown>> => decodePart(token.split('.')[1]);

function decodePart(part: string | undefined): Readonly<Record<string, unknown>> {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(part ?? '', 'base64url').toString('utf8'));
    return typeof parsed === 'object' && parsed !== null ? (parsed as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
