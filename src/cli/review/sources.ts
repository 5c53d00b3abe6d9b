import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join, resolve } from 'node:path';
import type { Policy } from '../../core/policy.ts';
import { visibleText } from '../../core/visible-text.ts';
import { CommandFailed } from '../command.ts';
import { isModule, loadPolicyModule, type PolicyModule } from '../policy-module.ts';
import { checkWorker } from '../worker-check.ts';

export interface PolicySource {
  readonly config: string;
  readonly environment: string | undefined;
  /** A module that has the policy in code, which is taken of a revision in the place of the file. */
  readonly policy?: string | undefined;
}

/**
 * The policy of a gateway's wrangler file, of a module that has it in code, or of either as a git revision has it; secrets
 * are assumed. Fails where there is neither, or where the policy would not start.
 */
export async function readPolicy(
  name: string,
  { config, environment, policy }: PolicySource,
): Promise<Policy> {
  if (existsSync(name)) {
    if (!isModule(name)) return compiled(name, { shown: name, environment, inCode: undefined });
    return compiled(config, { shown: name, environment, inCode: await loadPolicyModule(name) });
  }
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-revision-'));
  try {
    if (policy === undefined) {
      const file = join(folder, basename(config));
      writeFileSync(file, atRevision(name, config));
      return compiled(file, { shown: `${name}:${config}`, environment, inCode: undefined });
    }
    writeFileSync(join(folder, ARCHIVE), archiveOf(name));
    execFileSync('tar', ['-xf', ARCHIVE], { cwd: folder });
    // What it imports of packages is as it is now.
    const inCode = await loadPolicyModule(join(folder, policy), resolve('node_modules'));
    return compiled(join(folder, config), { shown: `${name}:${policy}`, environment, inCode });
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const ARCHIVE = '.revision.tar';

interface Read {
  readonly shown: string;
  readonly environment: string | undefined;
  readonly inCode: PolicyModule | undefined;
}

function compiled(file: string, { shown, environment, inCode }: Read): Policy {
  // As for a deploy: what a policy means does not depend on this machine's secrets.
  const { compiled: worker, report } = checkWorker(file, { environment, deploy: true, inCode });
  if (worker?.kind === 'gateway') return worker.policy;
  if (worker !== undefined) throw new CommandFailed(`${visibleText(shown)} is not a gateway's.`);
  const [first] = report.problems;
  const why = first ? ` ${first.path}: ${first.found}; allowed: ${first.allowed}` : '';
  throw new CommandFailed(visibleText(`${shown} does not compile: portcullis check says why.${why}`));
}

const atRevision = (revision: string, config: string): string =>
  asked(revision, config, ['show', `${revision}:./${config}`]).toString();

/** All below this folder: a module imports others. */
const archiveOf = (revision: string): Buffer =>
  asked(revision, 'policy', ['archive', '--format=tar', revision]);

function asked(revision: string, what: string, args: readonly string[]): Buffer {
  if (revision.startsWith('-'))
    throw new CommandFailed(`${visibleText(revision)} is no file and no git revision.`);
  try {
    return execFileSync('git', args, { maxBuffer: 64 * 1024 * 1024, stdio: ['ignore', 'pipe', 'pipe'] });
  } catch (error) {
    const said =
      error instanceof Error && 'stderr' in error ? String(error.stderr).trim().split('\n')[0] : '';
    throw new CommandFailed(visibleText(`${revision} is no file, and git has no ${what} there. ${said}`));
  }
}
