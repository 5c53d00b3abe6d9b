import type { AlarmName, AlarmRule } from '../../../../src/control/alarms/rules.ts';
import { compileControl } from '../../../../src/control/config.ts';
import { VARIABLES } from '../control-app.ts';

export const NAMESPACE = { idFromName: () => undefined };

/** A rule as the configuration makes it. */
export function ruleOf(name: AlarmName, table: object = {}): AlarmRule {
  const compiled = compileControl({
    ...VARIABLES,
    CONTROL: { ...VARIABLES.CONTROL, alarms: { [name]: table } },
    METRICS: NAMESPACE,
    ALARMS: NAMESPACE,
  });
  if (!compiled.ok) throw new Error(JSON.stringify(compiled.error));
  const rule = compiled.value.policy.rules.find((each) => each.name === name);
  if (rule === undefined) throw new Error(name);
  return rule;
}
