import { CONNECTION_OPTIONS, CONNECTION_USAGE, callAdminApi, readConnection } from './admin-api.ts';
import { readArguments } from './arguments.ts';
import { type Command, EXIT } from './command.ts';
import { targetText } from './entry-text.ts';
import { asTarget, readTarget, TARGET_OPTIONS, TARGET_USAGE } from './target-arguments.ts';

const usage = `Takes tokens off the deny-list again. One that is hit by another revocation as well stays refused.

  portcullis unrevoke - | TOKEN | JTI | --sub SUBJECT | … [options]

${TARGET_USAGE}

${CONNECTION_USAGE}`;

export const unrevoke: Command = {
  summary: 'take tokens off the deny-list',
  usage,
  async run(args, terminal) {
    const { values, positionals } = readArguments(args, { ...CONNECTION_OPTIONS, ...TARGET_OPTIONS }, true);
    const target = asTarget(await readTarget(values, positionals, terminal));
    const connection = await readConnection(values, terminal);
    const answer = await callAdminApi(connection, 'DELETE', '/v1/revocations', target);
    const said = answer.removed === true ? 'No longer revoked' : 'Was not revoked';
    terminal.out(values.json ? JSON.stringify(answer) : `${said}: ${targetText(target)}.`);
    return EXIT.done;
  },
};
