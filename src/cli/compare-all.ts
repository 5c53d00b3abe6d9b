import { compareWorkers, type Disagreement } from './agreement.ts';
import { located, type Report, reportOf } from './report.ts';
import { compareLogins, compareService } from './service-agreement.ts';
import type { CheckedWorker } from './worker-check.ts';
import type { WranglerFile } from './wrangler-file.ts';

/** A Worker whose file compiles, by its policy. */
interface Sound<Policy> {
  readonly name: string;
  readonly file: WranglerFile;
  readonly policy: Policy;
}

/** What the Workers do not agree in, each told of the file that has to follow the other. */
export function compareAll(workers: readonly CheckedWorker[]): readonly Report[] {
  const { gateways, controls, services } = sorted(workers);
  return [
    ...pairs(controls, gateways, (control, gateway) => compareWorkers(gateway, control)),
    ...pairs(services, gateways, (service, gateway) => compareService(gateway, service)),
    ...pairs(services, controls, (service, control) => compareLogins(control, service)),
  ];
}

function sorted(workers: readonly CheckedWorker[]) {
  const gateways = [];
  const controls = [];
  const services = [];
  for (const { file, compiled, report } of workers) {
    if (file === undefined || compiled === undefined) continue;
    const sound = { file, name: report.file };
    if (compiled.kind === 'gateway') gateways.push({ ...sound, policy: compiled.policy });
    else if (compiled.kind === 'control') controls.push({ ...sound, policy: compiled.policy });
    else services.push({ ...sound, policy: compiled.policy });
  }
  return { gateways, controls, services };
}

/** `compare` tells of the first one's file. */
function pairs<One extends Sound<unknown>, Other extends Sound<unknown>>(
  ones: readonly One[],
  others: readonly Other[],
  compare: (one: One, other: Other) => Disagreement,
): readonly Report[] {
  return ones.flatMap((one) =>
    others.flatMap((other) => {
      const told = compare(one, other);
      if (told.problems.length + told.warnings.length === 0) return [];
      const [problems = [], warnings = []] = [told.problems, told.warnings].map((list) =>
        list.map((problem) => located(problem, one.file)),
      );
      return [reportOf(one.name, `beside ${other.name}`, problems, warnings)];
    }),
  );
}
