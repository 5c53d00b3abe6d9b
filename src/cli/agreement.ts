import { durationText } from '../config/duration.ts';
import { type ConfigProblem, problem, quoted } from '../config/problem.ts';
import type { ControlPolicy } from '../control/policy.ts';
import { profileOf } from '../core/issuer-template.ts';
import type { Policy, TokenProfile } from '../core/policy.ts';
import type { BoundObjects, WranglerFile } from './wrangler-file.ts';

export interface Gateway {
  readonly file: WranglerFile;
  readonly policy: Policy;
}

export interface Control {
  readonly file: WranglerFile;
  readonly policy: ControlPolicy;
}

export interface Disagreement {
  readonly problems: readonly ConfigProblem[];
  readonly warnings: readonly ConfigProblem[];
}

/**
 * Where the gateway would let in again what the control Worker has revoked: entries that end before the tokens they
 * stand for, identifiers under another claim, another store; and where control would show what nobody counts. Paths are those of the control Worker's file.
 * Does NOT know secrets that are set at deploy, so not which Redis they name.
 */
export function compareWorkers(gateway: Gateway, control: Control): Disagreement {
  const problems: ConfigProblem[] = [];
  const warnings: ConfigProblem[] = [];
  for (const theirs of checkedProfiles(gateway.policy)) {
    const ours =
      control.policy.issuers.get(theirs.issuer) ?? profileOf(theirs.issuer, control.policy.issuers);
    if (ours === undefined) {
      const found = `no table for ${quoted([theirs.issuer])}`;
      warnings.push(
        problem(['ISSUERS'], found, 'every issuer of the gateway: tokens of others cannot be revoked here'),
      );
    } else compareIssuer(theirs, ours, control, problems);
  }
  const files = { gateway: gateway.file, own: control.file };
  compareStores(files, problems);
  compareObjects('METRICS', 'what is counted there is shown here', files, problems);
  return { problems, warnings };
}

/** Whose tokens some route asks the deny-list about. */
function checkedProfiles({ routes }: Policy): readonly TokenProfile[] {
  const asking = routes.filter(({ access }) => access.revocation.mode !== 'off');
  return [...new Set(asking.flatMap(({ access }) => [...access.profiles.values()].flat()))];
}

function compareIssuer(
  theirs: TokenProfile,
  ours: TokenProfile,
  control: Control,
  problems: ConfigProblem[],
): void {
  const at = (key: string) => [variableOf(control.file, ours.name), ours.name, key];
  const shorter = (key: string, mine: number, other: number, why: string) => {
    if (mine >= other) return;
    const least = durationText(other * 1_000);
    problems.push(
      problem(at(key), durationText(mine * 1_000), `at least ${least}, as at the gateway: ${why}`),
    );
  };
  shorter(
    'max_token_lifetime',
    ours.maxTokenLifetimeSeconds,
    theirs.maxTokenLifetimeSeconds,
    'a revocation is kept that long, and a token may outlive it',
  );
  shorter(
    'clock_tolerance',
    ours.clockToleranceSeconds,
    theirs.clockToleranceSeconds,
    'a token is accepted that long after its revocation ends',
  );
  if (ours.jtiClaim !== theirs.jtiClaim) {
    const allowed = `${quoted([theirs.jtiClaim])}, as at the gateway: it looks for another identifier than is revoked`;
    problems.push(problem(at('jti_claim'), quoted([ours.jtiClaim]), allowed));
  }
}

/** Of the gateway, and of the Worker that writes into its deny-list. */
export interface TwoFiles {
  readonly gateway: WranglerFile;
  readonly own: WranglerFile;
}

/** Whether both mean the same deny-list, as far as is known. */
export function compareStores({ gateway, own }: TwoFiles, problems: ConfigProblem[]): void {
  const [theirs, ours] = [redisOf(gateway), redisOf(own)];
  if (theirs !== ours) {
    const found = ours === undefined ? 'the embedded store' : 'a Redis';
    const allowed = theirs === undefined ? 'the embedded store of the gateway' : 'the Redis of the gateway';
    problems.push(
      problem(
        ['UPSTASH_REDIS_REST_URL'],
        ours !== undefined && theirs !== undefined ? 'another Redis' : found,
        `${allowed}: what is revoked here is looked for there`,
        'the URL is no secret: [vars] of both files may hold it',
      ),
    );
    return;
  }
  if (ours === undefined) {
    compareObjects('REVOCATIONS', 'what is revoked here is looked for there', { gateway, own }, problems);
  }
}

/** Whether a binding that both have reaches the same objects. One that has none is told of elsewhere, or may be without. */
export function compareObjects(
  binding: 'REVOCATIONS' | 'METRICS',
  why: string,
  { gateway, own }: TwoFiles,
  problems: ConfigProblem[],
): void {
  const [their, our] = [gateway.objects.get(binding), own.objects.get(binding)];
  if (their === undefined || our === undefined) return;
  if (our.worker === their.worker && our.className === their.className) return;
  const name = ({ className, worker }: BoundObjects) => `${className} of ${quoted([worker])}`;
  problems.push(
    problem(
      [binding],
      name(our),
      `${name(their)}, as at the gateway: ${why}`,
      `script_name = ${quoted([their.worker])}`,
    ),
  );
}

/** Undefined: the embedded store, as far as is known. */
export function redisOf({ bindings }: WranglerFile): unknown {
  const { UPSTASH_REDIS_REST_URL: url } = bindings;
  return url === '' ? undefined : url;
}

/** `ISSUERS`, or the group that holds the table. */
const variableOf = ({ vars }: WranglerFile, name: string): string =>
  Object.entries(vars).find(
    ([variable, value]) => /^ISSUERS(?:_|$)/.test(variable) && Object.hasOwn(Object(value), name),
  )?.[0] ?? 'ISSUERS';
