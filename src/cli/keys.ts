import { momentText } from '../core/moment-text.ts';
import { visibleText } from '../core/visible-text.ts';
import {
  type Answer,
  CONNECTION_OPTIONS,
  callAdminApi,
  connectionUsage,
  readConnection,
  TOKEN_SERVICE,
} from './admin-api.ts';
import { readArguments } from './arguments.ts';
import { type Command, CommandFailed, EXIT, UsageError } from './command.ts';

const usage = `Shows the token service's signing keys, rotates them, or withdraws one that has leaked.

  portcullis keys [list] [options]
  portcullis keys rotate [options]
  portcullis keys withdraw KID [--reason TEXT] [options]

rotate    the next key signs as soon as every verifier can have it; the answer says when
withdraw  the key leaves the key set and signs nothing more, whatever its stage; another takes its place at once,
          and gateways refuse its tokens by the deny-list. People have to refresh or log in again; nothing else ends.

  --reason TEXT        why, for the audit log

${connectionUsage(TOKEN_SERVICE)}`;

/** RFC 7638: a thumbprint in base64url may begin with a hyphen, as options do. In a KID's place it is a KID. */
function withKidLast(args: readonly string[]): readonly string[] {
  const [action, kid, ...others] = args;
  const isHyphened = action === 'withdraw' && kid !== undefined && /^-[\w-]{42}$/.test(kid);
  return isHyphened ? [action, ...others, '--', kid] : args;
}

export const keys: Command = {
  summary: "show, rotate or withdraw the token service's keys",
  usage,
  async run(args, terminal) {
    const { values, positionals } = readArguments(
      withKidLast(args),
      { ...CONNECTION_OPTIONS, reason: { type: 'string' } },
      true,
    );
    const [action = 'list', kid, ...more] = positionals;
    if (!['list', 'rotate', 'withdraw'].includes(action) || more.length > 0) {
      const found = positionals.map((word) => `"${visibleText(word)}"`).join(' ');
      throw new UsageError(`Expected list, rotate or withdraw KID, found ${found}.`);
    }
    if (action === 'withdraw' && kid === undefined) throw new UsageError('Which key? Give its KID.');
    if (action !== 'withdraw' && (kid ?? values.reason) !== undefined) {
      throw new UsageError(`${action} takes no KID and no --reason.`);
    }
    const connection = await readConnection(values, terminal, TOKEN_SERVICE);
    const body = { kid, ...(values.reason === undefined ? {} : { reason: values.reason }) };
    const answer =
      action === 'list'
        ? await callAdminApi(connection, 'GET', '/v1/keys')
        : action === 'rotate'
          ? await callAdminApi(connection, 'POST', '/v1/keys/rotate')
          : await callAdminApi(connection, 'POST', '/v1/keys/withdraw', body);
    if (values.json) terminal.out(JSON.stringify(answer));
    else {
      if (action === 'withdraw') terminal.out(`Withdrawn: ${shown(answer.kid)} signs nothing from now on.`);
      terminal.out(ringText(answer, terminal.now()));
    }
    if (action !== 'withdraw' || answer.denied === true) return EXIT.done;
    throw new CommandFailed(
      'The deny-list has not confirmed yet: until it does, gateways that have the key take its tokens. ' +
        'The token service goes on trying; run this again to see.',
      EXIT.unavailable,
    );
  },
};

function ringText({ keys: ring, withdrawn, changes_at: changesAt }: Answer, now: number): string {
  const since = (what: string, at: unknown) =>
    typeof at === 'number' ? `  ${what} ${momentText(at, now)}` : '';
  const lines = [
    ...listed(ring).map(
      ({ kid, stage, algorithm, published_at: published, retired_at: retired }) =>
        `${shown(stage).padEnd(10)}${shown(kid)}  ${shown(algorithm)}${since('published', published)}${since('retired', retired)}`,
    ),
    ...listed(withdrawn).map(
      ({ kid, withdrawn_at: at, denied }) =>
        `${'withdrawn'.padEnd(10)}${shown(kid)}${since('withdrawn', at)}${denied === true ? '' : '  the deny-list has not confirmed'}`,
    ),
  ];
  return `${lines.join('\n')}\nchanges next ${momentText(changesAt, now)}`;
}

const listed = (value: unknown): readonly Answer[] =>
  Array.isArray(value) ? value.filter((each) => typeof each === 'object' && each !== null) : [];

const shown = (value: unknown): string => visibleText(String(value));
