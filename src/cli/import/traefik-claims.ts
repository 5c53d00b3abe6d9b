import { type Expression, parseExpression } from './boolean-expression.ts';
import { claimName } from './claim-name.ts';
import { allOf, anyOf, not, type Requirement } from './requirement.ts';

/** The claims of the JWT middleware; undefined: something of them cannot be said. */
export function readClaims(text: string): Requirement | undefined {
  const expression = parseExpression(text);
  return expression && requirementOf(expression, false);
}

const SEPARATORS: Readonly<Record<string, string>> = { ' ': 'space', ',': 'comma' };

/** `negated`: below a `!`, where only what is compared whole is the same. */
function requirementOf(expression: Expression, negated: boolean): Requirement | undefined {
  if (expression.kind === 'not') {
    const part = requirementOf(expression.part, true);
    return part === undefined ? undefined : not(part);
  }
  if (expression.kind !== 'call') {
    const parts = expression.parts.map((part) => requirementOf(part, negated));
    if (!parts.every((part) => part !== undefined)) return undefined;
    return expression.kind === 'all' ? allOf(parts) : anyOf(parts);
  }
  const [name = '', first = '', second = ''] = expression.values;
  const claim = claimName(name);
  const count = expression.values.length;
  if (expression.name === 'Equals' && count === 2) return { claim, equals: first };
  if (expression.name === 'OneOf' && count > 2) return { claim, one_of: expression.values.slice(1) };
  if (negated) return undefined;
  if (expression.name === 'Contains' && count === 2) return { claim, contains: first };
  if (expression.name === 'Prefix' && count === 2 && !first.includes('*'))
    return { claim, matches: `${first}*` };
  const separator = SEPARATORS[first];
  if (expression.name === 'SplitContains' && count === 3 && separator !== undefined)
    return { claim, contains: second, separator };
  return undefined;
}
