import { readArguments } from './arguments.ts';
import { type Command, CommandFailed, EXIT, type Terminal, UsageError } from './command.ts';
import { type Judgement, judge } from './review/judge.ts';
import { judgementLines } from './review/print-judgement.ts';
import { readPolicy } from './review/sources.ts';

const USAGE = `Says what a change of the policy means: which requests get through that did not, and which do not any more.

  portcullis diff <old> <new>       two wrangler files, modules, or git revisions; <new> left out: as it is

  --config <file>     the file of which a revision is taken; wrangler.toml by default
  --policy <file>     the module of which one is taken, where the policy stands in code
  --env <name>        an environment of it
  --allow-widening    exit with 0 also where more gets through than before
  --markdown          for a pull request
  --json              the differences as JSON
  --help

docs/reviewing.md explains the answers. Exit codes: 0 nothing widens, 1 it widens or a file is mistaken, 2 mistyped.`;

export const diff: Command = {
  summary: 'say what a change of the policy means',
  usage: USAGE,
  async run(args, terminal) {
    const { values, positionals } = readArguments(
      args,
      {
        config: { type: 'string', default: 'wrangler.toml' },
        policy: { type: 'string' },
        env: { type: 'string' },
        'allow-widening': { type: 'boolean', default: false },
        markdown: { type: 'boolean', default: false },
        json: { type: 'boolean', default: false },
        help: { type: 'boolean', short: 'h' },
      },
      true,
    );
    const { config, policy, env: environment } = values;
    const [old, now = policy ?? config, ...more] = positionals;
    if (old === undefined || more.length > 0) throw new UsageError('an old policy and a new one');
    if (values.json && values.markdown) throw new UsageError('either --json or --markdown');
    const source = { config, environment, policy };
    const judgement = await judged(await readPolicy(old, source), await readPolicy(now, source));
    print(judgement, values, terminal);
    const refused = judgement.unconfirmed > 0 || (judgement.widening && !values['allow-widening']);
    return refused ? EXIT.failed : EXIT.done;
  },
};

async function judged(...policies: Parameters<typeof judge>): Promise<Judgement> {
  try {
    return await judge(...policies);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    throw new CommandFailed('These policies part requests into more regions than can be compared.');
  }
}

function print(
  judgement: Judgement,
  { json, markdown }: { readonly json: boolean; readonly markdown: boolean },
  { out }: Terminal,
): void {
  if (json) out(JSON.stringify(judgement, null, 2));
  else for (const line of judgementLines(judgement, { markdown })) out(line);
}
