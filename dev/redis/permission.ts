import type { RedisConnection, Reply } from './connection.ts';

export type Access = 'full' | 'read-only';

/** The error to answer instead of running the command, or undefined when it may run. */
export type PermissionCheck = (args: readonly string[], access: Access) => Promise<string | undefined>;

interface CommandFacts {
  readonly flags: ReadonlySet<string>;
  readonly categories: ReadonlySet<string>;
}

/** Connection commands that leave the connection, which all callers share, as it was. */
const STATELESS = new Set(['ping', 'echo', 'publish']);
/** They block only when asked to. */
const BLOCK_OPTION = new Set(['xread', 'xreadgroup']);
const SHARED_CONNECTION = ['@transaction', '@connection', '@pubsub', '@admin', '@blocking'];
/** What Upstash withholds from a read-only token although it reads: scripts and walks over the whole keyspace. */
const READ_ONLY_WITHHELD = ['@scripting', '@dangerous'];

/**
 * Decides by Redis' own `COMMAND INFO`. A command Redis does not know runs with full access
 * (Redis words the error) and is refused read-only.
 */
export function permissions(redis: RedisConnection): PermissionCheck {
  const known = new Map<string, CommandFacts>();

  async function facts(args: readonly string[]): Promise<CommandFacts | undefined> {
    const name = (args[0] ?? '').toLowerCase();
    const subcommand = `${name}|${(args[1] ?? '').toLowerCase()}`;
    const remembered = known.get(subcommand) ?? known.get(name);
    if (remembered) return remembered;
    const outcome = await redis.command(['COMMAND', 'INFO', name]);
    const entry = 'reply' in outcome ? list(list(outcome.reply)[0]) : [];
    const subcommands = list(entry[9]).map(list);
    const chosen =
      subcommands.length === 0 ? entry : subcommands.find((each) => text(each[0]) === subcommand);
    if (!chosen?.length) return undefined;
    const found = {
      flags: new Set(list(chosen[2]).map(text)),
      categories: new Set(list(chosen[6]).map(text)),
    };
    known.set(subcommands.length === 0 ? name : subcommand, found);
    return found;
  }

  return async (args, access) => {
    const name = (args[0] ?? '').toLowerCase();
    const found = await facts(args);
    if (found && !STATELESS.has(name) && occupiesConnection(name, args, found)) {
      return `ERR Command is not available: '${name}'`;
    }
    if (access === 'full' || (found && readsOnly(name, found))) return undefined;
    return `NOPERM this user has no permissions to run the '${name}' command`;
  };
}

function occupiesConnection(name: string, args: readonly string[], { categories }: CommandFacts): boolean {
  const blocksOnRequest = BLOCK_OPTION.has(name) && !args.some((arg) => arg.toLowerCase() === 'block');
  return SHARED_CONNECTION.some(
    (category) => categories.has(category) && !(category === '@blocking' && blocksOnRequest),
  );
}

function readsOnly(name: string, { flags, categories }: CommandFacts): boolean {
  if (name === 'ping' || name === 'echo') return true;
  return (
    flags.has('readonly') &&
    name !== 'scan' &&
    !READ_ONLY_WITHHELD.some((category) => categories.has(category))
  );
}

function list(reply: Reply | undefined): readonly Reply[] {
  return Array.isArray(reply) ? reply : [];
}

function text(reply: Reply | undefined): string {
  return Buffer.isBuffer(reply) || typeof reply === 'string' ? reply.toString() : '';
}
