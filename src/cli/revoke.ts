import { CONNECTION_OPTIONS, CONNECTION_USAGE, callAdminApi, readConnection } from './admin-api.ts';
import { readArguments } from './arguments.ts';
import { type Command, EXIT, UsageError } from './command.ts';
import { entryText, targetText } from './entry-text.ts';
import { momentText, parseDuration, parseMoment } from './moment.ts';
import { readTarget, TARGET_OPTIONS, TARGET_USAGE } from './target-arguments.ts';

const usage = `Puts tokens on the deny-list.

  portcullis revoke - | TOKEN | JTI | --sub SUBJECT | … [options]

${TARGET_USAGE}

  --issued-before TIME only tokens issued up to then (subject, client, tenant); now by default
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
      },
      true,
    );
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
