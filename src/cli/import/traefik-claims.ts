import { type Expression, parseExpression } from './boolean-expression.ts';
import { claimAt } from './claim-name.ts';
import { allOf, anyOf, not, type Requirement } from './requirement.ts';

/** The claims of the JWT middleware; undefined: something of them cannot be said. */
export function readClaims(text: string): Requirement | undefined {
  const expression = parseExpression(text);
  return expression && requirementOf(expression, false);
}

const SEPARATORS: Readonly<Record<string, string>> = { ' ': 'space', ',': 'comma' };

/** A dot descends, but behind a backslash. */
export const claimOf = (key: string): string =>
  claimAt((key.match(/(?:\\.|[^.\\])+/gs) ?? []).map((part) => part.replace(/\\(.)/gs, '$1')));

/** A text, or what is written as that text: a boolean or a number. */
function equalTo(claim: string, text: string): Requirement {
  const value = text === 'true' || (text === 'false' ? false : Number(text));
  const isWritten = typeof value === 'boolean' || String(value) === text;
  return isWritten && text !== 'NaN' && !text.includes('Infinity')
    ? { claim, one_of: [text, value] }
    : { claim, equals: text };
}

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
  const claim = claimOf(name);
  const count = expression.values.length;
  if (expression.name === 'Equals' && count === 2) return equalTo(claim, first);
  if (negated) return undefined;
  if (expression.name === 'OneOf' && count > 2) return { claim, contains_any: expression.values.slice(1) };
  if (expression.name === 'Contains' && count === 2 && first !== '')
    return anyOf([
      { claim, contains: first },
      first.includes('*') ? false : { claim, matches: `*${first}*` },
    ]);
  if (expression.name === 'Prefix' && count === 2 && !first.includes('*'))
    return { claim, matches: `${first}*` };
  const separator = SEPARATORS[first];
  if (expression.name === 'SplitContains' && count === 3 && separator !== undefined)
    return { claim, contains: second, separator };
  return undefined;
}
