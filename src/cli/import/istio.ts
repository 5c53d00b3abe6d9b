import {
  type Bounds,
  bothConditions,
  EVERYBODY,
  eitherCondition,
  exactly,
  notBounds,
  UNKNOWN,
} from './access.ts';
import { refusing } from './first-match.ts';
import { IssuerTables } from './issuer-table.ts';
import {
  anyCondition,
  type KnownIssuers,
  type ReadCondition,
  readSource,
  readWhen,
  together,
} from './istio-conditions.ts';
import { readJwtRule, spacedClaims } from './istio-jwt-rule.ts';
import {
  EVERY_OPERATION,
  type Operation,
  operationReach,
  readOperation,
  setsOf,
} from './istio-operations.ts';
import { itemsOf, kindOf, oneWorkload } from './istio-workload.ts';
import { isSaid } from './path-set.ts';
import type { Peer, PeerContext } from './peer.ts';
import type { Reach } from './reach.ts';
import type { RequestSet } from './request-set.ts';
import { SourceFault, type SourceNode, SourceTable } from './source-node.ts';

/** One rule of a policy: what it is about, and what of a request it matches. */
interface PolicyRule {
  readonly operations: readonly Operation[];
  readonly bounds: Bounds;
  readonly label: string;
  readonly line: number;
}

interface Policies {
  readonly allow: readonly PolicyRule[];
  readonly deny: readonly PolicyRule[];
  /** Whether there is a policy that allows: nothing else is then allowed. */
  readonly isClosed: boolean;
}

const KINDS = ['RequestAuthentication', 'AuthorizationPolicy'];
/** Resources that put filters of one's own into the proxies. */
const FILTERS = ['EnvoyFilter', 'WasmPlugin'];

export const istio: Peer = {
  title: 'Istio RequestAuthentication and AuthorizationPolicy',
  differences: [
    'A token without exp, sub or audience is refused.',
    'A token in the query (access_token) is not looked for unless fromParams names it; there it is a source by default.',
  ],
  recognises: (documents) =>
    documents.flatMap(itemsOf).some((document) => KINDS.includes(kindOf(document) ?? '')),
  read(documents, context) {
    const all = documents.flatMap(itemsOf);
    const resources = all.filter((document) => KINDS.includes(kindOf(document) ?? ''));
    const filters = all.filter((document) => FILTERS.includes(kindOf(document) ?? ''));
    for (const other of all) {
      if (resources.includes(other)) continue;
      const isFilter = filters.includes(other);
      context.losses.add(
        other.line,
        `a ${kindOf(other) ?? 'document'}`,
        isFilter ? 'it may refuse requests, and is not carried over' : 'not read',
        isFilter ? 'everything is refused: say what it asks for by hand' : 'left out',
      );
    }
    oneWorkload(resources);
    const issuers = new IssuerTables(context);
    const known = authenticationOf(resources, issuers, context);
    const policies = policiesOf(resources, known, context);
    const rules = [...policies.allow, ...policies.deny];
    return {
      issuers: issuers.all,
      sets: [EVERY_OPERATION, ...rules.flatMap(({ operations }) => operations)].flatMap(setsOf),
      decide: refusing(filters.length > 0, (reach) =>
        decide(policies, reach, issuers.all.length > 0, context.origin),
      ),
    };
  },
};

function authenticationOf(
  resources: readonly SourceNode[],
  issuers: IssuerTables,
  { losses }: PeerContext,
): KnownIssuers {
  return resources
    .filter((resource) => kindOf(resource) === 'RequestAuthentication')
    .flatMap((resource) => new SourceTable(resource, 'resource').table('spec')?.tables('jwtRules') ?? [])
    .flatMap((rule) => {
      const facts = readJwtRule(rule, losses);
      const spaced = spacedClaims(rule, losses);
      const table = issuers.add(facts);
      return table === undefined || facts.issuer === undefined ? [] : [{ iss: facts.issuer, table, spaced }];
    });
}

function policiesOf(
  resources: readonly SourceNode[],
  issuers: KnownIssuers,
  { losses }: PeerContext,
): Policies {
  const read = resources
    .filter((resource) => kindOf(resource) === 'AuthorizationPolicy')
    .map((resource) => {
      const table = new SourceTable(resource, 'resource');
      const spec = table.table('spec');
      const label = table.table('metadata')?.text('name') ?? 'policy';
      const action = spec?.text('action') ?? 'ALLOW';
      const rules = (spec?.tables('rules') ?? []).map((rule) =>
        readRule(rule, { label, issuers, losses, allows: action === 'ALLOW' }),
      );
      if (action === 'AUDIT')
        losses.add(
          resource.line,
          `policy ${label}`,
          'AUDIT has no counterpart',
          'left out; it refuses nobody',
        );
      if (action === 'CUSTOM')
        losses.add(
          resource.line,
          `policy ${label}`,
          'another service decides there',
          'what it is about is refused',
        );
      for (const { key, line } of spec?.unknown() ?? []) {
        if (!['selector', 'targetRef', 'targetRefs', 'provider'].includes(key))
          throw new SourceFault(line, `${key} of the policy ${label} is not known`);
      }
      if (!['ALLOW', 'DENY', 'CUSTOM', 'AUDIT'].includes(action))
        throw new SourceFault(spec?.lineOf('action') ?? resource.line, 'an action that is not known');
      const deciding = action === 'CUSTOM' ? rules.map((rule) => ({ ...rule, bounds: UNKNOWN })) : rules;
      return { action, rules: deciding };
    });
  const ofAction = (...actions: readonly string[]) => read.filter(({ action }) => actions.includes(action));
  return {
    allow: ofAction('ALLOW').flatMap(({ rules }) => rules),
    deny: read.filter(({ action }) => action !== 'ALLOW' && action !== 'AUDIT').flatMap(({ rules }) => rules),
    isClosed: ofAction('ALLOW').length > 0,
  };
}

interface RuleContext {
  readonly label: string;
  readonly issuers: KnownIssuers;
  readonly losses: PeerContext['losses'];
  readonly allows: boolean;
}

function readRule(rule: SourceTable, { label, issuers, losses, allows }: RuleContext): PolicyRule {
  const sources = rule.tables('from').map((from) => {
    const source = from.table('source');
    return source === undefined ? together([]) : readSource(source, issuers);
  });
  const operations = rule.tables('to').map((to) => {
    const operation = to.table('operation');
    return operation === undefined ? EVERY_OPERATION : readOperation(operation);
  });
  const when = rule.tables('when').map((each) => readWhen(each, issuers));
  const foreign = rule.unknown().map(({ key }): ReadCondition => ({ bounds: UNKNOWN, vague: [key] }));
  const { bounds, vague } = together([
    ...(sources.length === 0 ? [] : [anyCondition(sources)]),
    ...when,
    ...foreign,
  ]);
  const all = operations.length === 0 ? [EVERY_OPERATION] : operations;
  const untold = [...vague, ...all.flatMap((operation) => operation.vague)];
  if (untold.length > 0) {
    losses.add(
      rule.line,
      `policy ${label}`,
      `no counterpart, or in part: ${[...new Set(untold)].join('; ')}`,
      allows ? 'allowed is what can be said of it' : 'refused is whatever it may refuse',
    );
  }
  const named = all[0]?.within.paths.inner
    .find(isSaid)
    ?.segments.flatMap((segment) => (segment.kind === 'name' ? segment.text : []));
  return { operations: all, bounds, label: [label, ...(named ?? [])].join('-'), line: rule.line };
}

/** What an ALLOW rule surely allows, and no DENY rule may refuse. */
function decide(
  { allow, deny, isClosed }: Policies,
  reach: (set: RequestSet) => Reach,
  verifies: boolean,
  origin: string | undefined,
) {
  const about = (rule: PolicyRule, ...wanted: readonly Reach[]) =>
    rule.operations.some((operation) => wanted.includes(operationReach(operation, reach)));
  const allowing = allow.filter((rule) => about(rule, 'all'));
  const denying = deny.filter((rule) => about(rule, 'all', 'some'));
  const allowed = isClosed ? eitherCondition(allowing.map(({ bounds }) => bounds.under)) : EVERYBODY;
  const refused = denying.map(({ bounds }) => notBounds(exactly(bounds.over)).under);
  const first = allowing[0] ?? denying[0];
  return {
    label: first?.label ?? (isClosed ? 'refused' : 'everything'),
    line: first?.line ?? 1,
    access: { ...bothConditions([allowed, ...refused]), verifies },
    upstream: { origin },
  };
}
