import { durationText } from './durations.ts';
import type { IssuerTables } from './issuer-table.ts';
import { isPassing } from './kong-plugins.ts';
import type { KongPlugin, KongTokens } from './kong-policy.ts';
import type { TomlTable } from './model.ts';
import type { PeerContext } from './peer.ts';
import { SourceFault, type SourceTable } from './source-node.ts';

interface Credential {
  /** Of the consumer. */
  readonly name: string;
  readonly secret: SourceTable;
}

/** The credentials of consumers as ISSUERS tables: there the `iss` of a token says whose key it is. */
export function readTokens(
  config: SourceTable,
  plugins: readonly KongPlugin[],
  issuers: IssuerTables,
  context: PeerContext,
): KongTokens {
  // A plugin without a configuration has the defaults.
  const settings = plugins
    .filter(({ name, table }) => name === 'jwt' && table.flag('enabled') !== false)
    .map(({ table }) => table.table('config'));
  const isBase64 = settings.map((each) => each?.flag('secret_is_base64') ?? false);
  const lifetimes = settings
    .map((each) => each?.number('maximum_expiration') ?? 0)
    .filter((each) => each > 0);
  const encoding = isBase64.includes(true) ? (isBase64.includes(false) ? undefined : 'base64') : 'utf8';
  const groupsOf = new Map<string, string[]>();
  for (const acl of config.tables('acls')) {
    const consumer = acl.text('consumer') ?? '';
    groupsOf.set(consumer, [...(groupsOf.get(consumer) ?? []), acl.text('group') ?? '']);
  }
  const loose = config
    .tables('jwt_secrets')
    .map((secret): Credential => ({ name: secret.text('consumer') ?? '', secret }));
  const nested = config.tables('consumers').flatMap((consumer): readonly Credential[] => {
    const name = consumer.text('username') ?? consumer.text('custom_id') ?? 'consumer';
    const own = consumer.tables('acls').map((acl) => acl.text('group') ?? '');
    groupsOf.set(name, [...(groupsOf.get(name) ?? []), ...own]);
    for (const key of ['custom_id', 'tags', 'id']) consumer.node(key);
    const secrets = consumer.tables('jwt_secrets').map((secret) => ({ name, secret }));
    const refusing = consumer.tables('plugins').filter((plugin) => !isPassing(plugin.text('name') ?? ''));
    for (const plugin of refusing)
      context.losses.add(
        plugin.line,
        `consumer ${name}: plugin ${plugin.text('name')}`,
        'it may refuse requests, and is not carried over',
        'its tokens are taken nowhere',
      );
    for (const { key, line } of consumer.unknown()) {
      context.losses.add(line, `consumer ${name}: ${key}`, 'no counterpart', 'left out');
    }
    return refusing.length > 0 ? [] : secrets;
  });
  const consumers = [...nested, ...loose].flatMap(({ name, secret }) => {
    const algorithm = secret.text('algorithm') ?? 'HS256';
    const pem = secret.text('rsa_public_key');
    secret.text('secret');
    const keys = algorithm.startsWith('HS')
      ? hmacKeys(name, encoding)
      : pem === undefined
        ? undefined
        : { pem };
    if (keys === undefined) {
      context.losses.add(
        secret.line,
        `credential of ${name}`,
        'its key is not in the file, or is read in two ways',
        'its tokens are taken nowhere',
      );
      return [];
    }
    if (algorithm.startsWith('HS'))
      context.losses.add(
        secret.line,
        `secret of ${name}`,
        'a secret is never in the tables',
        `set it: wrangler secret put ${bindingOf(name)}`,
      );
    const key = secret.text('key');
    if (key !== undefined && issuers.all.some((table) => table.keys.issuer === key))
      throw new SourceFault(secret.line, 'a key of two credentials');
    const lifetime =
      lifetimes.length === 0
        ? {}
        : { max_token_lifetime: durationText(Math.min(...lifetimes), 60, 366 * 86_400) };
    const table = issuers.add({
      label: name,
      line: secret.line,
      issuer: key,
      audience: undefined,
      keys: { algorithms: [algorithm], clock_tolerance: '0s', ...keys, ...lifetime },
    });
    return table === undefined ? [] : [{ table, groups: groupsOf.get(name) ?? [] }];
  });
  return { consumers, issuers, context };
}

const bindingOf = (consumer: string): string =>
  `${consumer.toUpperCase().replace(/[^A-Z0-9]+/g, '_')}_JWT_SECRET`;

const hmacKeys = (consumer: string, encoding: string | undefined): TomlTable | undefined =>
  encoding === undefined
    ? undefined
    : {
        hmac_secret: bindingOf(consumer),
        ...(encoding === 'utf8' ? {} : { hmac_secret_encoding: encoding }),
      };
