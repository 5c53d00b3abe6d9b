import { OPEN, REFUSED } from './access.ts';
import { type Authorizers, authorizersOf, securityAccess } from './aws-authorizers.ts';
import { precedence, type Rule, refusing, setsOfRules } from './first-match.ts';
import { IssuerTables } from './issuer-table.ts';
import type { Upstream } from './model.ts';
import { isNarrower } from './most-specific.ts';
import { EVERY_PATH, exactSet, name, PARAMETER, type PathPattern, start, writtenPath } from './path-set.ts';
import type { Peer, PeerContext } from './peer.ts';
import { EVERY_HOST, EVERY_METHOD, onlyMethods, otherMethods } from './request-set.ts';
import { SourceFault, type SourceNode, SourceTable } from './source-node.ts';
import { upstreamOf } from './upstream-url.ts';

const METHODS = ['get', 'head', 'post', 'put', 'patch', 'delete', 'options'];
const ANY = 'x-amazon-apigateway-any-method';
const INTEGRATION = 'x-amazon-apigateway-integration';

export const aws: Peer = {
  title: 'an AWS HTTP API (OpenAPI)',
  differences: [
    'exp and an audience are required; there client_id stands in for a missing audience.',
    'requestContext.authorizer.jwt does not reach the origin: map claims to headers.',
    'Paths are those behind the stage.',
  ],
  recognises: (documents) => documents.some(({ value }) => value instanceof Map && value.has('openapi')),
  read(documents, context) {
    const [document, ...others] = documents;
    if (document === undefined || others.length > 0) throw new SourceFault(1, 'one document, not several');
    const config = new SourceTable(document, 'the document');
    const issuers = new IssuerTables(context);
    const authorizers = authorizersOf(config, issuers, context);
    const rules = (config.table('paths')?.members() ?? []).flatMap(([path, node]) =>
      pathRules(path, new SourceTable(node, path), {
        authorizers,
        root: config.node('security'),
        integrations: config.table('components')?.table('x-amazon-apigateway-integrations'),
        context,
      }),
    );
    if (config.has('x-amazon-apigateway-cors'))
      context.losses.add(
        config.lineOf('x-amazon-apigateway-cors'),
        'x-amazon-apigateway-cors',
        'not carried over',
        'left out: docs/browsers.md has cors',
      );
    for (const key of [
      'openapi',
      'info',
      'servers',
      'tags',
      'externalDocs',
      'x-amazon-apigateway-importexport-version',
      'x-amazon-apigateway-tag-value',
    ])
      config.node(key);
    const foreign = config.unknown();
    const isClosed = foreign.some(({ key }) => key.startsWith('x-amazon-'));
    for (const { key, line } of foreign) {
      context.losses.add(
        line,
        key,
        'not known',
        key.startsWith('x-amazon-') ? 'everything is refused' : 'left out',
      );
    }
    return {
      issuers: issuers.all,
      sets: setsOfRules(rules),
      decide: refusing(isClosed, precedence(rules, isBefore)),
    };
  },
};

interface AwsRule extends Rule {
  /** 0: its path has no greedy variable, 1: it has one, 2: `$default`. The lower comes first. */
  readonly rank: number;
}

/** Of paths of one kind the narrower comes first. Nothing is said of ANY of one path beside a method of a wider one. */
const isBefore = (rule: AwsRule, other: AwsRule): boolean =>
  rule.rank === other.rank || rule.rank + other.rank === 1
    ? isMethodWithin(rule, other) &&
      (rule.rank === other.rank ? isNarrower(rule, other) : rule.rank < other.rank)
    : rule.rank < other.rank;

const isMethodWithin = ({ match: own }: Rule, { match: other }: Rule): boolean =>
  'only' in own.methods.outer || !('only' in other.methods.outer);

interface Surroundings {
  readonly authorizers: Authorizers;
  readonly root: SourceNode | undefined;
  readonly integrations: SourceTable | undefined;
  readonly context: PeerContext;
}

function pathRules(path: string, item: SourceTable, around: Surroundings): readonly AwsRule[] {
  const pattern = path === '/$default' || path === '$default' ? 'default' : patternOf(path);
  if (pattern === undefined) {
    around.context.losses.add(item.line, path, 'a path that no route can have', 'not served');
  }
  const own = METHODS.filter((method) => item.has(method));
  const rules = [...own, ...(item.has(ANY) ? [ANY] : [])].flatMap((method): readonly AwsRule[] => {
    const operation = item.table(method);
    if (operation === undefined || pattern === undefined) return [];
    const paths = pattern === 'default' ? EVERY_PATH : exactSet(pattern);
    const methods =
      method === ANY
        ? own.length === 0
          ? EVERY_METHOD
          : otherMethods(own.map((each) => each.toUpperCase()))
        : onlyMethods([method.toUpperCase()]);
    const what = `${method === ANY ? 'any method' : method.toUpperCase()} ${path}`;
    return [
      {
        match: { hosts: EVERY_HOST, paths, methods },
        ...(pattern !== 'default' && pattern.open
          ? { without: { hosts: EVERY_HOST, paths: exactSet(emptied(pattern)), methods: EVERY_METHOD } }
          : {}),
        rank: pattern === 'default' ? 2 : pattern.open ? 1 : 0,
        outcome: operationOutcome(
          operation,
          what,
          { path, pattern: pattern === 'default' ? undefined : pattern },
          around,
        ),
      },
    ];
  });
  for (const key of ['parameters', 'summary', 'description']) item.node(key);
  for (const { key, line } of item.unknown())
    around.context.losses.add(line, `${path}: ${key}`, 'not known', 'left out');
  return rules;
}

/** `{name}` is one segment, `{name+}` at the end everything below. */
function patternOf(path: string): PathPattern | undefined {
  if (!path.startsWith('/')) return undefined;
  const parts = path.slice(1).split('/');
  const open = /^\{[\w.-]+\+\}$/.test(parts.at(-1) ?? '');
  const segments = (open ? parts.slice(0, -1) : parts).map((part) =>
    /^\{[\w.-]+\}$/.test(part) ? PARAMETER : /[{}]/.test(part) ? undefined : name(part),
  );
  if (!segments.every((segment) => segment !== undefined)) return undefined;
  return open ? { segments: [...segments, start('')], open } : { segments, open };
}

/** A greedy variable is not empty: `/a/{proxy+}` has no `/a/`. */
const emptied = ({ segments }: PathPattern): PathPattern => ({
  segments: [...segments.slice(0, -1), name('')],
  open: false,
});

function operationOutcome(
  operation: SourceTable,
  what: string,
  { path, pattern }: { readonly path: string; readonly pattern: PathPattern | undefined },
  { authorizers, root, integrations, context }: Surroundings,
) {
  const { losses, origin } = context;
  const security = operation.node('security') ?? root;
  const asked = Array.isArray(security?.value)
    ? security.value.map((each: SourceNode) => new SourceTable(each, 'security'))
    : [];
  const read = asked.map((each) => securityAccess(each, authorizers, what, context));
  const [first, ...more] = read;
  if (more.length > 0) losses.add(operation.line, what, 'several alternatives of security', 'refused');
  const { access, sources } = first === undefined ? { access: OPEN, sources: undefined } : first;
  const reference = operation.table(INTEGRATION);
  const named = reference?.text('$ref')?.split('/').at(-1);
  const integration = named === undefined ? reference : integrations?.table(named);
  const kind = integration?.text('type')?.toLowerCase();
  const isProxy = kind === 'http_proxy' && integration?.text('connectionType') !== 'VPC_LINK';
  if (!isProxy && origin === undefined)
    losses.add(
      operation.line,
      what,
      `its integration is ${kind ?? 'not in the file'}, and no http_proxy to a URL`,
      'origin left out, so that check asks for it',
    );
  const uri = integration?.text('uri') ?? '';
  const upstream =
    origin === undefined
      ? isProxy
        ? proxied(uri, { path, pattern, what, line: operation.line }, context)
        : { origin: undefined }
      : { origin };
  if (integration?.has('requestParameters'))
    losses.add(
      operation.line,
      what,
      'requestParameters are not carried over',
      'the origin gets what the client sent',
    );
  for (const key of [
    'responses',
    'operationId',
    'summary',
    'description',
    'tags',
    'parameters',
    'requestBody',
  ])
    operation.node(key);
  const isForeign = operation.unknown().some(({ key }) => key.startsWith('x-amazon-'));
  for (const { key, line } of operation.unknown())
    losses.add(line, `${what}: ${key}`, 'not known', key.startsWith('x-amazon-') ? 'refused' : 'left out');
  return {
    label: path.replace(/[{}+$]/g, '').replace(/^\/?$/, 'root'),
    line: operation.line,
    access: more.length > 0 || isForeign ? REFUSED : access,
    upstream,
    ...(sources === undefined ? {} : { sources }),
  };
}

function proxied(
  uri: string,
  {
    path,
    pattern,
    what,
    line,
  }: {
    readonly path: string;
    readonly pattern: PathPattern | undefined;
    readonly what: string;
    readonly line: number;
  },
  { losses }: PeerContext,
): Upstream {
  const [, base = '', rest = ''] = /^(https?:\/\/[^/]+)(\/.*)?$/.exec(uri) ?? [];
  const way = upstreamOf(base, { line, what, losses });
  const to = rest === '' ? '/' : rest;
  if (pattern === undefined || to === path) return way;
  const given = writtenPath(pattern);
  const names = [...path.matchAll(/\{([\w.-]+)\+?\}/g)].map(([, each = '']) => each);
  const parameters = given.split('/').filter((part) => part.startsWith(':'));
  const target = to
    .replace(/\/\{[\w.-]+\+?\}$/, (last) => (pattern.open ? '/*' : last))
    .replace(/\{([\w.-]+)\}/g, (_, each: string) => parameters[names.indexOf(each)] ?? ':');
  return target === given ? way : { ...way, rewrite: { of: given, to: target } };
}
