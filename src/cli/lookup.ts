import {
  type Answer,
  CONNECTION_OPTIONS,
  CONNECTION_USAGE,
  callAdminApi,
  readConnection,
} from './admin-api.ts';
import { readArguments } from './arguments.ts';
import { type Command, CommandFailed, EXIT } from './command.ts';
import { entryText, targetText } from './entry-text.ts';
import { asTarget, readTarget, TARGET_OPTIONS, TARGET_USAGE } from './target-arguments.ts';

const usage = `Says whether one entry is on the deny-list. Exits with 0 when it is, with 4 when it is not.
A token is looked up by its identifier alone: its subject or session may be revoked all the same.

  portcullis lookup - | TOKEN | JTI | --sub SUBJECT | … [options]

${TARGET_USAGE}

${CONNECTION_USAGE}`;

export const lookup: Command = {
  summary: 'say whether something is on the deny-list',
  usage,
  async run(args, terminal) {
    const { values, positionals } = readArguments(args, { ...CONNECTION_OPTIONS, ...TARGET_OPTIONS }, true);
    const target = asTarget(await readTarget(values, positionals, terminal));
    const connection = await readConnection(values, terminal);
    // By POST: an identifier in a URL would end in access logs.
    const answer = await callAdminApi(connection, 'POST', '/v1/revocations/lookup', target);
    if (typeof answer.revoked !== 'boolean')
      throw new CommandFailed('The answer is not one of a control Worker.');
    if (values.json) terminal.out(JSON.stringify(answer));
    else if (!answer.revoked) terminal.out(`Not revoked: ${targetText(target)}.`);
    else
      terminal.out(
        `Revoked: ${targetText(target)}.\n${entryText((answer.entry ?? {}) as Answer, terminal.now())}`,
      );
    return answer.revoked ? EXIT.done : EXIT.notRevoked;
  },
};
