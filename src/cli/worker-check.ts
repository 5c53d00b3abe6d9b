import { compilePolicy } from '../config/compile.ts';
import { variablesTwice } from '../config/in-code.ts';
import type { ConfigProblem } from '../config/problem.ts';
import { compileControl } from '../control/config.ts';
import type { ControlPolicy } from '../control/policy.ts';
import type { Policy } from '../core/policy.ts';
import { err, ok, type Result } from '../core/result.ts';
import { REQUEST_RULES } from '../gateway/request-rules.ts';
import { compileService } from '../token-service/config/compile.ts';
import type { ServicePolicy } from '../token-service/policy.ts';
import { loopbackAddresses, oversizedVariables } from './deploy-checks.ts';
import type { PolicyModule } from './policy-module.ts';
import { counted, located, type Report, reportOf } from './report.ts';
import { type ReadOptions, readWranglerFile, type WranglerFile, withAssumedRedis } from './wrangler-file.ts';

export interface CheckOptions {
  readonly environment: string | undefined;
  /** As for a deploy: secrets of this machine do not count, and its addresses are mistakes. */
  readonly deploy: boolean;
  /** A gateway's policy that stands in code; the file has its bindings. */
  readonly inCode?: PolicyModule | undefined;
}

/** A Worker's policy, as it will be compiled at start-up. */
type Compiled =
  | { readonly kind: 'gateway'; readonly policy: Policy }
  | { readonly kind: 'control'; readonly policy: ControlPolicy }
  | { readonly kind: 'token-service'; readonly policy: ServicePolicy };

export interface CheckedWorker {
  readonly report: Report;
  /** Undefined where the file cannot be read. */
  readonly file: WranglerFile | undefined;
  /** Undefined with any problem that keeps the Worker from starting. */
  readonly compiled: Compiled | undefined;
  /** The file has no such environment. */
  readonly noEnvironment: boolean;
}

/** Reads and compiles one file, and says everything that is wrong with it. */
export function checkWorker(file: string, { environment, deploy, inCode }: CheckOptions): CheckedWorker {
  const options: ReadOptions = { environment, localSecrets: !deploy, inCode };
  const read = readWranglerFile(file, options);
  if (!read.ok) {
    const { problem, line } = read.error;
    const report = reportOf(file, '', [line === undefined ? problem : { ...problem, line }], []);
    return { report, file: undefined, compiled: undefined, noEnvironment: 'noEnvironment' in read.error };
  }
  const given = read.value;
  const first = compile(given);
  const storeless = !first.ok && first.error.some(({ path }) => path === 'REVOCATIONS');
  const used = storeless ? withAssumedRedis(given) : given;
  const result = storeless ? compile(used) : first;
  const oversized = oversizedVariables(given.vars);
  const twice = variablesTwice(given.vars, given.inCode);
  const problems = [
    ...(result.ok ? [] : result.error),
    ...twice,
    ...oversized,
    ...(deploy ? loopbackAddresses({ ...given.vars, ...given.inCode }) : []),
  ];
  // Sizes are bounded for variables alone.
  const told = new Set([...oversized.map(({ path }) => path), ...Object.keys(given.inCode)]);
  const warnings = [...used.warnings, ...(result.ok ? result.value.warnings : [])].filter(
    ({ path }) => !told.has(path),
  );
  const elsewhere = given.kind === 'gateway' && inCode === undefined && !('ROUTES' in given.vars);
  const find = (problem: ConfigProblem) =>
    located(elsewhere && problem.path === 'ROUTES' ? { ...problem, hint: IN_CODE } : problem, given);
  return {
    report: reportOf(
      inCode?.file ?? file,
      result.ok && problems.length === 0 ? result.value.summary : '',
      problems.map(find),
      warnings.map(find),
    ),
    file: given,
    compiled: result.ok && twice.length === 0 ? result.value.compiled : undefined,
    noEnvironment: false,
  };
}

const IN_CODE = 'a policy that stands in code is named: --policy src/gateway.ts';

interface Outcome {
  readonly compiled: Compiled;
  readonly summary: string;
  readonly warnings: readonly ConfigProblem[];
}

function compile({ kind, bindings }: WranglerFile): Result<Outcome, readonly ConfigProblem[]> {
  switch (kind) {
    case 'gateway': {
      const result = compilePolicy(bindings, REQUEST_RULES);
      if (!result.ok) return err(result.error);
      const { policy, warnings } = result.value;
      const summary = `${counted(new Set(policy.routes.map(({ name }) => name)).size, 'route')}, ${counted(policy.issuers.length, 'issuer')}`;
      return ok({ compiled: { kind, policy }, summary, warnings });
    }
    case 'control': {
      const result = compileControl(bindings);
      if (!result.ok) return err(result.error);
      const { policy, warnings } = result.value;
      return ok({ compiled: { kind, policy }, summary: counted(policy.issuers.size, 'issuer'), warnings });
    }
    case 'token-service': {
      const result = compileService(bindings);
      if (!result.ok) return err(result.error);
      const { policy, warnings } = result.value;
      const summary = `${counted(policy.clients.size, 'client')}, ${counted(policy.resources.size, 'resource')}`;
      return ok({ compiled: { kind, policy }, summary, warnings });
    }
  }
}
