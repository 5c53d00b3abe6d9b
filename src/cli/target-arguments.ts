import { visibleText } from '../core/visible-text.ts';
import { type Terminal, UsageError } from './command.ts';
import { holdsToken, readTokenText, type TokenText } from './token-text.ts';

/** `parseArgs` options that say what is meant. */
export const TARGET_OPTIONS = {
  issuer: { type: 'string' },
  jti: { type: 'string' },
  sub: { type: 'string' },
  sid: { type: 'string' },
  'client-id': { type: 'string' },
  tenant: { type: 'string' },
  kid: { type: 'string' },
  'whole-issuer': { type: 'boolean' },
} as const;

export const TARGET_USAGE = `  -                    read the token from standard input, where no list of processes shows it;
                       "Bearer" before it is taken off
  TOKEN                the token itself
  JTI, --jti JTI       the token of that identifier
  --sub SUBJECT        every token of a subject
  --sid SESSION        every token of a session
  --client-id CLIENT   every token of a client
  --tenant TENANT      every token of a tenant
  --kid KEY            every token signed with a key
  --whole-issuer       every token of the issuer
  --issuer ISSUER      the "iss" of the tokens; not needed with a token`;

const MEMBERS = {
  jti: 'jti',
  sub: 'sub',
  sid: 'sid',
  'client-id': 'client_id',
  tenant: 'tenant',
  kid: 'kid',
} as const;

type TargetValues = { readonly [option in keyof typeof MEMBERS]?: string | undefined } & {
  readonly issuer?: string | undefined;
  readonly 'whole-issuer'?: boolean | undefined;
  readonly 'token-file'?: string | undefined;
};

/** A token as given, or an issuer and one identifier in the words of the admin API. */
export type TargetArguments =
  | ({ readonly by: 'token' } & TokenText)
  | { readonly by: 'target'; readonly target: Readonly<Record<string, string>> };

/** Reads what is meant from the command line or standard input. Throws `UsageError`. */
export async function readTarget(
  values: TargetValues,
  positionals: readonly string[],
  terminal: Terminal,
): Promise<TargetArguments> {
  const named = identifiersIn(values);
  if (positionals.length + named.length !== 1) {
    const found = positionals.length + named.length === 0 ? 'none was given' : 'several were given';
    throw new UsageError(`Exactly one token or identifier is needed; ${found}.`);
  }
  const [first] = positionals;
  if (first === '-' && values['token-file'] === '-') {
    throw new UsageError(
      'Standard input holds one token: name a file, or PORTCULLIS_TOKEN, for the admin token.',
    );
  }
  const given = first === '-' ? (await terminal.readStdin()).trim() : first;
  const read = given === undefined ? undefined : readTokenText(given);
  if (read !== undefined) {
    const { iss } = read.claims;
    if (values.issuer !== undefined && values.issuer !== iss) {
      throw new UsageError(`--issuer: the token was issued by "${visibleText(String(iss))}".`);
    }
    return { by: 'token', ...read };
  }
  const [option, member, value] = named[0] ?? ['jti', 'jti', given ?? ''];
  if (value === '') throw new UsageError('The identifier is empty.');
  if (holdsToken(value))
    throw new UsageError(`--${option}: expected an identifier, found a token. Give it without --${option}.`);
  if (values.issuer === undefined) {
    throw new UsageError('--issuer is needed: an identifier means nothing without the issuer that gave it.');
  }
  return { by: 'target', target: { issuer: values.issuer, [member]: value } };
}

type Identifier = readonly [option: string, member: string, value: string];

/** A whole issuer is named by itself, once more. */
export function identifiersIn(values: TargetValues): readonly Identifier[] {
  const named = Object.entries(MEMBERS).flatMap(([option, member]): readonly Identifier[] => {
    const value = values[option as keyof typeof MEMBERS];
    return value === undefined ? [] : [[option, member, value]];
  });
  return values['whole-issuer'] ? [...named, ['whole-issuer', 'iss', values.issuer ?? ' ']] : named;
}

/** The same with a token read as its issuer and `jti`. */
export function asTarget(given: TargetArguments): Readonly<Record<string, string>> {
  if (given.by === 'target') return given.target;
  const { iss, jti } = given.claims;
  if (typeof iss !== 'string' || typeof jti !== 'string') {
    throw new UsageError(
      'The token has no "iss" and "jti". Name what is meant: --sub, --sid or --client-id.',
    );
  }
  return { issuer: iss, jti };
}
