import { REVOCATION_KINDS } from '../core/revocation.ts';
import { visibleText } from '../core/visible-text.ts';
import {
  type Answer,
  CONNECTION_OPTIONS,
  CONNECTION_USAGE,
  type Connection,
  callAdminApi,
  readConnection,
} from './admin-api.ts';
import { readArguments } from './arguments.ts';
import { type Command, CommandFailed, EXIT, UsageError } from './command.ts';
import { entryText, targetText } from './entry-text.ts';
import { parseMoment } from './moment.ts';
import { identifiersIn, TARGET_OPTIONS } from './target-arguments.ts';

const usage = `Lists what is on the deny-list, kind by kind and issuer by issuer, a page at a time.

  portcullis list [options]

  --issuer ISSUER      only what concerns the tokens of one issuer
  --kind KIND          only ${REVOCATION_KINDS.join(', ')}
  --sub SUBJECT, …     only this subject, or any other identifier
  --revoked-from TIME  only what was revoked then or later
  --revoked-to TIME    only what was revoked then or before
  --limit 100          entries a page, 1000 at most
  --cursor CURSOR      the page after the one that gave it
  --all                every page; with --json one entry a line

${CONNECTION_USAGE}`;

export const list: Command = {
  summary: 'list the deny-list',
  usage,
  async run(args, terminal) {
    const { values } = readArguments(args, {
      ...CONNECTION_OPTIONS,
      ...TARGET_OPTIONS,
      kind: { type: 'string' },
      'revoked-from': { type: 'string' },
      'revoked-to': { type: 'string' },
      limit: { type: 'string' },
      cursor: { type: 'string' },
      all: { type: 'boolean' },
    });
    if (values.limit !== undefined && !/^[1-9]\d{0,3}$/.test(values.limit)) {
      throw new UsageError(`--limit: expected 1 to 1000, found "${visibleText(values.limit)}".`);
    }
    const filter = filterFrom(values);
    const connection = await readConnection(values, terminal);
    let cursor = values.cursor;
    let count = 0;
    do {
      const page = await readPage(
        connection,
        { ...filter, ...(values.limit && { limit: values.limit }) },
        cursor,
      );
      if (values.json && !values.all) {
        terminal.out(JSON.stringify(page));
        return EXIT.done;
      }
      for (const entry of page.revocations) {
        terminal.out(
          values.json ? JSON.stringify(entry) : `${targetText(entry)}\n${entryText(entry, terminal.now())}`,
        );
      }
      count += page.revocations.length;
      cursor = page.cursor;
    } while (values.all && cursor !== undefined);
    if (!values.json) terminal.out(summaryOf(count, cursor));
    return EXIT.done;
  },
};

/** What to ask for, in the words of the admin API. */
function filterFrom(
  values: Parameters<typeof identifiersIn>[0] & {
    readonly kind?: string | undefined;
    readonly 'revoked-from'?: string | undefined;
    readonly 'revoked-to'?: string | undefined;
  },
): Readonly<Record<string, string>> {
  const { issuer, kind, 'revoked-from': from, 'revoked-to': to } = values;
  const named = identifiersIn(values).map(([, member, value]) => [member, value] as const);
  return {
    ...Object.fromEntries(named),
    ...(issuer === undefined ? {} : { issuer }),
    ...(kind === undefined ? {} : { kind }),
    ...(from === undefined ? {} : { revoked_from: `${parseMoment('--revoked-from', from)}` }),
    ...(to === undefined ? {} : { revoked_to: `${parseMoment('--revoked-to', to)}` }),
  };
}

interface Page {
  readonly revocations: readonly Answer[];
  readonly cursor?: string;
}

async function readPage(
  connection: Connection,
  filter: Readonly<Record<string, string>>,
  cursor: string | undefined,
): Promise<Page> {
  const query = new URLSearchParams({ ...filter, ...(cursor && { cursor }) });
  const answer = await callAdminApi(connection, 'GET', `/v1/revocations${query.size > 0 ? `?${query}` : ''}`);
  if (!Array.isArray(answer.revocations))
    throw new CommandFailed('The answer is not one of a control Worker.');
  return {
    revocations: answer.revocations,
    ...(typeof answer.cursor === 'string' ? { cursor: answer.cursor } : {}),
  };
}

function summaryOf(count: number, cursor: string | undefined): string {
  const entries = count === 1 ? '1 entry' : `${count} entries`;
  return cursor === undefined
    ? `${entries}.`
    : `${entries}, and more: --cursor ${visibleText(cursor)} or --all`;
}
