import { visibleText } from '../core/visible-text.ts';
import {
  CONNECTION_OPTIONS,
  callAdminApi,
  connectionUsage,
  readConnection,
  TOKEN_SERVICE,
} from './admin-api.ts';
import { readArguments } from './arguments.ts';
import { type Command, CommandFailed, EXIT, UsageError } from './command.ts';

const usage = `Ends logins at the token service: no refresh token of theirs is good any more, and gateways refuse their access
tokens by the deny-list.

  portcullis grants end --sid SID [--reason TEXT] [options]      one: the "sid" of its access tokens
  portcullis grants end --sub SUBJECT [--reason TEXT] [options]  all of a subject, as of now

${connectionUsage(TOKEN_SERVICE)}`;

export const grants: Command = {
  summary: 'end logins at the token service',
  usage,
  async run(args, terminal) {
    const { values, positionals } = readArguments(
      args,
      {
        ...CONNECTION_OPTIONS,
        sid: { type: 'string' },
        sub: { type: 'string' },
        reason: { type: 'string' },
      },
      true,
    );
    const { sid, sub, reason } = values;
    if (positionals.join(' ') !== 'end') {
      const found = positionals.map((word) => `"${visibleText(word)}"`).join(' ') || 'nothing';
      throw new UsageError(`Expected end, found ${found}.`);
    }
    if ((sid === undefined) === (sub === undefined))
      throw new UsageError('Give --sid or --sub, one of them.');
    const connection = await readConnection(values, terminal, TOKEN_SERVICE);
    const body = {
      ...(sid === undefined ? { sub } : { sid }),
      ...(reason === undefined ? {} : { reason }),
    };
    const answer = await callAdminApi(connection, 'POST', '/v1/grants/end', body);
    if (values.json) terminal.out(JSON.stringify(answer));
    else if (answer.done === true) terminal.out('Ended.');
    if (answer.done === true) return EXIT.done;
    throw new CommandFailed(
      'It is under way, and not all of it has been confirmed. The token service goes on; run this again to see.',
      EXIT.unavailable,
    );
  },
};
