import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import type { Policy } from '../../core/policy.ts';
import { CommandFailed, printable } from '../command.ts';
import { checkWorker } from '../worker-check.ts';

export interface PolicySource {
  readonly config: string;
  readonly environment: string | undefined;
}

/**
 * The policy of a gateway's wrangler file, or of that file as a git revision has it; secrets are assumed. Fails where
 * there is neither, or where the policy would not start.
 */
export function readPolicy(name: string, { config, environment }: PolicySource): Policy {
  if (existsSync(name)) return compiled(name, name, environment);
  const text = atRevision(name, config);
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-revision-'));
  try {
    const file = join(folder, basename(config));
    writeFileSync(file, text);
    return compiled(file, `${name}:${config}`, environment);
  } finally {
    rmSync(folder, { recursive: true });
  }
}

function compiled(file: string, shown: string, environment: string | undefined): Policy {
  // As for a deploy: what a policy means does not depend on this machine's secrets.
  const { compiled: worker, report } = checkWorker(file, { environment, deploy: true });
  if (worker?.kind === 'gateway') return worker.policy;
  if (worker !== undefined) throw new CommandFailed(`${printable(shown)} is not a gateway's.`);
  const [first] = report.problems;
  const why = first ? ` ${first.path}: ${first.found}; allowed: ${first.allowed}` : '';
  throw new CommandFailed(printable(`${shown} does not compile: portcullis check says why.${why}`));
}

function atRevision(revision: string, config: string): string {
  if (revision.startsWith('-'))
    throw new CommandFailed(`${printable(revision)} is no file and no git revision.`);
  try {
    return execFileSync('git', ['show', `${revision}:./${config}`], {
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  } catch (error) {
    const said =
      error instanceof Error && 'stderr' in error ? String(error.stderr).trim().split('\n')[0] : '';
    throw new CommandFailed(printable(`${revision} is no file, and git has no ${config} there. ${said}`));
  }
}
