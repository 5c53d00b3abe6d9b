import { visibleText } from '../core/visible-text.ts';
import { CONNECTION_OPTIONS, CONNECTION_USAGE, callAdminApi, readConnection } from './admin-api.ts';
import { readArguments } from './arguments.ts';
import { type Command, EXIT, UsageError } from './command.ts';

const usage = `Tells which store the deny-list is in and how it stands, or says that it is the one.

  portcullis store [options]         its name, epoch and position; the gateway's status shows the same
  portcullis store adopt [options]   begins a new epoch

After a store was flushed, restored from an old copy or replaced, every Worker is in doubt about it: what it has
forgotten could be revoked. adopt ends the doubt: what the store holds now is taken for all there is. Revoke
again first what it has lost. It needs an admin token that was issued within the last ten minutes.

${CONNECTION_USAGE}`;

export const store: Command = {
  summary: 'tell how the store stands, or adopt it',
  usage,
  async run(args, terminal) {
    const { values, positionals } = readArguments(args, CONNECTION_OPTIONS, true);
    const [action, ...more] = positionals;
    if (more.length > 0 || (action !== undefined && action !== 'adopt')) {
      const found = positionals.map((word) => `"${visibleText(word)}"`).join(' ');
      throw new UsageError(`Expected adopt or nothing, found ${found}.`);
    }
    const connection = await readConnection(values, terminal);
    const answer =
      action === 'adopt'
        ? await callAdminApi(connection, 'POST', '/v1/store/adopt')
        : await callAdminApi(connection, 'GET', '/v1/store');
    if (values.json) terminal.out(JSON.stringify(answer));
    else if (action === 'adopt') {
      const before = answer.previous === null ? 'it had none' : `before: ${shown(answer.previous)}`;
      terminal.out(
        `${shown(answer.store)} is the one from now on. Epoch ${shown(answer.epoch)} (${before}).`,
      );
    } else terminal.out(statusText(answer));
    return EXIT.done;
  },
};

function statusText({ store: name, epoch, position, kept_seconds: kept }: Readonly<Record<string, unknown>>) {
  const keeping = Object.entries(typeof kept === 'object' && kept !== null ? kept : {}).map(
    ([issuer, seconds]) => `\n  keeps revocations of ${shown(issuer)} for ${shown(seconds)} s`,
  );
  const mark = epoch === null ? 'none: every Worker is in doubt until it is adopted' : shown(epoch);
  return `${shown(name)}\n  epoch     ${mark}\n  position  ${shown(position)}${keeping.join('')}`;
}

const shown = (value: unknown): string => visibleText(String(value));
