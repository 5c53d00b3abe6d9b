import { nodesWhere, tablesWith } from './find-tables.ts';
import type { PeerContext } from './peer.ts';
import { type SourceNode, type SourceTable, snakeCase } from './source-node.ts';

/** Filters that let through whatever comes, or limit how much. All others may refuse. */
const PASSING: ReadonlySet<string> = new Set([
  'jwt_authn',
  'http_connection_manager',
  'router',
  'cors',
  'compressor',
  'decompressor',
  'gzip',
  'buffer',
  'grpc_web',
  'grpc_stats',
  'tap',
  'header_to_metadata',
  'on_demand',
  'set_metadata',
  'stateful_session',
  'cache',
  'bandwidth_limit',
  'admission_control',
  'adaptive_concurrency',
  'fault',
  'local_ratelimit',
  'ratelimit',
  'health_check',
]);

/** Whether another filter may refuse requests, for reasons that are not carried over. */
export function foreignFilters(documents: readonly SourceNode[], { losses }: PeerContext): boolean {
  const lists = documents.flatMap((document) => tablesWith(document, 'http_filters'));
  const connections = documents.flatMap((document) => tablesWith(document, 'filters'));
  const filters = [
    ...lists.flatMap((table) => table.tables('http_filters', snakeCase)),
    ...connections.flatMap((table) => table.tables('filters', snakeCase)),
  ];
  const foreign = filters.filter((filter) => !PASSING.has(kindOf(filter)));
  for (const filter of foreign) {
    losses.add(
      filter.line,
      `filter ${filter.text('name')}`,
      'it may refuse requests, and is not carried over',
      'everything is refused: say what it asks for by hand',
    );
  }
  const mutual = documents.flatMap((document) =>
    nodesWhere(document, (keys) => keys.has('require_client_certificate')),
  );
  for (const { line } of mutual) {
    losses.add(
      line,
      'require_client_certificate',
      'who may connect is not carried over',
      'everything is refused: take it out of the file where something in front asks for it',
    );
  }
  return foreign.length + mutual.length > 0;
}

/** A filter's type where it is told: its name may be anything then. */
function kindOf(filter: SourceTable): string {
  const type = filter.table('typed_config', snakeCase)?.text('@type');
  const [, kind] = /\.(\w+)\.v\d\w*\.\w+$/.exec(type ?? '') ?? [];
  if (type !== undefined) return kind ?? type;
  return filter.has('config_discovery')
    ? 'config_discovery'
    : (filter.text('name') ?? '').replace(/^.*\./, '');
}
