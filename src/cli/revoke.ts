import { momentText } from '../core/moment-text.ts';
import {
  type Answer,
  CONNECTION_OPTIONS,
  CONNECTION_USAGE,
  callAdminApi,
  readConnection,
} from './admin-api.ts';
import { readArguments } from './arguments.ts';
import { type Command, EXIT, type Terminal, UsageError } from './command.ts';
import { entryText, targetText } from './entry-text.ts';
import { parseDuration, parseMoment } from './moment.ts';
import { readRevocationLines } from './revocation-lines.ts';
import { readTarget, TARGET_OPTIONS, TARGET_USAGE } from './target-arguments.ts';

const usage = `Puts tokens on the deny-list.

  portcullis revoke - | TOKEN | JTI | --sub SUBJECT | … [options]
  portcullis revoke --from FILE [--issuer ISSUER] [--reason TEXT] [options]

${TARGET_USAGE}

  --from FILE          many at once, all or none: a JSON object a line, as the admin API takes them,
                       "-" for standard input; what a line does not say is taken from the options
  --issued-before TIME only tokens issued up to then (subject, client, tenant, issuer); now by default
  --expires-at TIME    how long to remember; by default until the last such token has expired
  --for 1h             the same, from now
  --reason TEXT        why, for the audit log

${CONNECTION_USAGE}`;

export const revoke: Command = {
  summary: 'put tokens on the deny-list',
  usage,
  async run(args, terminal) {
    const { values, positionals } = readArguments(
      args,
      {
        ...CONNECTION_OPTIONS,
        ...TARGET_OPTIONS,
        'issued-before': { type: 'string' },
        'expires-at': { type: 'string' },
        for: { type: 'string' },
        reason: { type: 'string' },
        from: { type: 'string' },
      },
      true,
    );
    if (values.from !== undefined) return await revokeMany(values.from, values, positionals, terminal);
    const given = await readTarget(values, positionals, terminal);
    const { 'issued-before': issuedBefore, 'expires-at': expiresAt, for: span, reason } = values;
    if (expiresAt !== undefined && span !== undefined)
      throw new UsageError('--for or --expires-at, not both.');
    if (given.by === 'token' && (issuedBefore ?? expiresAt ?? span) !== undefined) {
      throw new UsageError(
        'A token is revoked until it expires: --issued-before, --expires-at and --for do not apply.',
      );
    }
    const until =
      span === undefined
        ? expiresAt && parseMoment('--expires-at', expiresAt)
        : Math.ceil(terminal.now()) + parseDuration('--for', span);
    const body = {
      ...(given.by === 'token' ? { token: given.token } : given.target),
      ...(issuedBefore === undefined ? {} : { issued_before: parseMoment('--issued-before', issuedBefore) }),
      ...(until === undefined ? {} : { expires_at: until }),
      ...(reason === undefined ? {} : { reason }),
    };
    const connection = await readConnection(values, terminal);
    const answer = await callAdminApi(connection, 'POST', '/v1/revocations', body);
    if (values.json) terminal.out(JSON.stringify(answer));
    else if (answer.revoked === false) {
      terminal.out(`Not needed: the token expired at ${momentText(answer.expires_at, terminal.now())}.`);
    } else terminal.out(`Revoked ${targetText(answer)}.\n${entryText(answer, terminal.now())}`);
    return EXIT.done;
  },
};

async function revokeMany(
  file: string,
  values: { readonly [option: string]: string | boolean | undefined },
  positionals: readonly string[],
  terminal: Terminal,
): Promise<number> {
  const { issuer, reason, url, 'token-file': tokenFile, json, from: _, ...others } = values;
  const [other] = Object.keys(others);
  if (other !== undefined || positionals.length > 0) {
    throw new UsageError(
      `--from: ${other === undefined ? 'a token or identifier' : `--${other}`} cannot stand beside it.`,
    );
  }
  if (file === '-' && tokenFile === '-') throw new UsageError('Standard input holds one thing, not two.');
  const common = {
    ...(issuer === undefined ? {} : { issuer }),
    ...(reason === undefined ? {} : { reason }),
  };
  const revocations = await readRevocationLines(file, common, terminal);
  const connection = await readConnection({ url: text(url), 'token-file': text(tokenFile) }, terminal);
  const answer = await callAdminApi(connection, 'POST', '/v1/revocations', { revocations });
  if (json) terminal.out(JSON.stringify(answer));
  else terminal.out(countText(answer, revocations.length));
  return EXIT.done;
}

const text = (value: string | boolean | undefined): string | undefined =>
  typeof value === 'string' ? value : undefined;

function countText({ revocations }: Answer, asked: number): string {
  const stored = Array.isArray(revocations)
    ? revocations.filter((each) => (each as Answer).revoked !== false).length
    : 0;
  return stored === asked
    ? `Revoked ${stored}.`
    : `Revoked ${stored}; ${asked - stored} had expired already.`;
}
