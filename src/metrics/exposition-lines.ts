/** The order of OpenMetrics 1.0: type, unit, help. */
export function headOf(name: string, kind: string, help: string, open: boolean): string[] {
  const unit = open && name.endsWith('_seconds') ? [`# UNIT ${name} seconds`] : [];
  return [`# TYPE ${name} ${kind}`, ...unit, `# HELP ${name} ${open ? escaped(help) : help}`];
}

export const braces = (labels: readonly (readonly [name: string, value: string])[]): string =>
  labels.length === 0 ? '' : `{${labels.map(([name, value]) => `${name}="${escaped(value)}"`).join(',')}}`;

/** OpenMetrics 1.0 §4: backslash, double quote and line feed; what else no line should hold is replaced. */
const escaped = (text: string): string =>
  text.toWellFormed().replace(/[\\"]/g, '\\$&').replaceAll('\n', '\\n').replaceAll('\r', '\ufffd');
