import { parseOrigin } from '../config/address.ts';
import { didYouMean } from '../config/problem.ts';
import { visibleText } from '../core/visible-text.ts';
import { readArguments } from './arguments.ts';
import { type Command, CommandFailed, EXIT, UsageError } from './command.ts';
import { fileFault } from './file-fault.ts';
import { type ImportedPolicy, importPolicy } from './import/import-policy.ts';
import type { Peer } from './import/peer.ts';
import { PEERS } from './import/peers.ts';
import { readFlags } from './import/read-flags.ts';
import { readTomlSource, readYaml } from './import/read-source.ts';
import { SourceFault, type SourceNode } from './import/source-node.ts';
import { counted } from './report.ts';

const NAMES = Object.keys(PEERS);

const USAGE = `Writes the policy of another gateway as ours, and says line by line what of it has no counterpart.

  portcullis import <file>       YAML, JSON, TOML or command-line flags; - is standard input

  --from <name>       ${NAMES.join(', ')}; guessed where it is left out
  --origin <url>      where every request goes, in place of what the file says
  --audience <text>   for issuers of which the file names no audience; may be given more than once
  --out <file>        the policy there instead of standard output; not over a file that is there
  --report <file>     the report there instead of standard error
  --help

What cannot be carried over makes the result stricter, never looser. A key that the file does not tell is left out, so
that portcullis check asks for it. Exit codes: 0 carried over whole, 1 with losses, or not at all, 2 mistyped.`;

export const importCommand: Command = {
  summary: 'write the policy of another gateway as ours',
  usage: USAGE,
  async run(args, terminal) {
    const { values, positionals } = readArguments(
      args,
      {
        from: { type: 'string' },
        origin: { type: 'string' },
        audience: { type: 'string', multiple: true },
        out: { type: 'string' },
        report: { type: 'string' },
        help: { type: 'boolean', short: 'h' },
      },
      true,
    );
    const [file, ...more] = positionals;
    if (file === undefined || more.length > 0) throw new UsageError(`one file, not ${positionals.length}`);
    const named = values.from === undefined ? undefined : peerNamed(values.from);
    if (values.origin !== undefined && parseOrigin(values.origin) === undefined) {
      throw new UsageError('--origin is https://host[:port]');
    }
    if (values.out !== undefined && (await terminal.exists(values.out))) {
      throw new CommandFailed(`${visibleText(values.out)} is there already; nothing was written`);
    }
    const text = file === '-' ? await terminal.readStdin() : await readFile(file, terminal.readFile);
    const source = file === '-' ? 'standard input' : file;
    const { peer, imported } = importText(text, named, {
      origin: values.origin,
      audience: values.audience,
      source,
    });
    if (values.out === undefined) terminal.out(imported.toml.trimEnd());
    else await terminal.writeFile(values.out, imported.toml);
    const report = reportText(source, peer, imported);
    if (values.report === undefined) terminal.err(report);
    else await terminal.writeFile(values.report, `${report}\n`);
    return imported.losses.length + imported.missing.length === 0 ? EXIT.done : EXIT.failed;
  },
};

function peerNamed(name: string): Peer {
  const peer = Object.hasOwn(PEERS, name) ? PEERS[name] : undefined;
  if (peer !== undefined) return peer;
  throw new UsageError(`--from is one of ${NAMES.join(', ')}; ${didYouMean(name, NAMES) ?? ''}`);
}

async function readFile(file: string, read: (path: string) => Promise<string>): Promise<string> {
  try {
    return await read(file);
  } catch (error) {
    throw new CommandFailed(`${visibleText(file)}: ${fileFault(error)}`);
  }
}

function importText(
  text: string,
  named: Peer | undefined,
  options: Parameters<typeof importPolicy>[2],
): { readonly peer: Peer; readonly imported: ImportedPolicy } {
  try {
    const documents = documentsIn(text);
    const peer = named ?? Object.values(PEERS).find((each) => each.recognises(documents));
    if (peer !== PEERS.istio) refuseResources(documents);
    if (peer === undefined) {
      throw new CommandFailed(
        `${visibleText(options.source)} is of none that is known: --from ${NAMES.join(', ')}`,
      );
    }
    return { peer, imported: importPolicy(peer, documents, options) };
  } catch (error) {
    if (!(error instanceof SourceFault)) throw error;
    throw new CommandFailed(visibleText(`${options.source}:${error.line}: ${error.message}`));
  }
}

/** Flags begin with dashes, TOML has `key = value`; everything else is YAML, or JSON, which is YAML. */
function documentsIn(text: string): readonly SourceNode[] {
  const [first = ''] = text.split('\n').filter((line) => /^\s*[^\s#]/.test(line));
  if (/^\s*(?:-\s+)?["']?--[a-z]/.test(first) || /^\s*(?:\S*\/)?oauth2-proxy(?:\s|$)/.test(first))
    return [readFlags(text)];
  return /^\s*[\w".-]+\s*=|^\s*\[{1,2}[\w.-]+\]{1,2}\s*$/.test(first)
    ? [readTomlSource(text)]
    : readYaml(text);
}

/** Of Kubernetes' resources only Istio's are read: those of Kong and Traefik say the same in another form. */
const RESOURCES: ReadonlySet<string> = new Set([
  ...['Ingress', 'HTTPRoute', 'Service', 'KongPlugin', 'KongClusterPlugin', 'KongConsumer', 'KongIngress'],
  ...['IngressRoute', 'Middleware', 'TraefikService', 'TLSOption', 'Rule', 'List', 'SecurityPolicy'],
]);

function refuseResources(documents: readonly SourceNode[]): void {
  for (const { value, line } of documents) {
    const kind = value instanceof Map ? value.get('kind')?.value : undefined;
    if (typeof kind === 'string' && RESOURCES.has(kind))
      throw new SourceFault(
        line,
        `a Kubernetes resource, ${kind}: of those only Istio's RequestAuthentication and AuthorizationPolicy are read; of Kong its declarative configuration, of Traefik its dynamic configuration`,
      );
  }
}

/** What is different about every peer. */
const EVERYWHERE = [
  'A path that some origin may read as that of another route is refused (docs/routing.md).',
  'No client can send an identity header that a route maps.',
];

function reportText(source: string, { title, differences }: Peer, imported: ImportedPolicy): string {
  const { losses, missing, counts } = imported;
  const rows = losses.flatMap(({ line, what, why, done }) => [
    `${source}:${line}  ${what}`,
    `  why   ${why}`,
    `  done  ${done}`,
    '',
  ]);
  return [
    `${source}: ${title}, ${counted(counts.issuers, 'issuer')}, ${counted(counts.routes, 'route')}, ${losses.length === 0 ? 'no losses' : counted(losses.length, 'loss').replace(/losss$/, 'losses')}`,
    '',
    ...rows,
    ...(missing.length === 0
      ? []
      : ['To be filled in, before portcullis check is content:', ...missing.map((key) => `  ${key}`), '']),
    'Different whatever the file says:',
    ...[...EVERYWHERE, ...differences].map((text) => `  ${text}`),
  ]
    .map(visibleText)
    .join('\n');
}
