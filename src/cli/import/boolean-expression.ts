/** `Name(`a`, `b`) && !(…) || …`, as Traefik writes rules and claims. */
export type Expression =
  | { readonly kind: 'call'; readonly name: string; readonly values: readonly string[] }
  | { readonly kind: 'all' | 'any'; readonly parts: readonly Expression[] }
  | { readonly kind: 'not'; readonly part: Expression };

const MAX_DEPTH = 20;

/** undefined: it is none. */
export function parseExpression(text: string): Expression | undefined {
  const tokens = text.match(/&&|\|\||[!(),]|`[^`]*`|"(?:[^"\\]|\\.)*"|'[^']*'|\w+|\S/g) ?? [];
  let at = 0;
  const take = (token: string): boolean => {
    if (tokens[at] !== token) return false;
    at += 1;
    return true;
  };
  const joined = (
    operator: string,
    kind: 'all' | 'any',
    read: () => Expression | undefined,
  ): Expression | undefined => {
    const parts: Expression[] = [];
    do {
      const part = read();
      if (part === undefined) return undefined;
      parts.push(part);
    } while (take(operator));
    return parts.length === 1 ? parts[0] : { kind, parts };
  };
  const either = (depth: number): Expression | undefined =>
    depth > MAX_DEPTH ? undefined : joined('||', 'any', () => joined('&&', 'all', () => single(depth)));
  const single = (depth: number): Expression | undefined => {
    if (take('!')) {
      const part = depth > MAX_DEPTH ? undefined : single(depth + 1);
      return part && { kind: 'not', part };
    }
    if (take('(')) {
      const inner = either(depth + 1);
      return take(')') ? inner : undefined;
    }
    const name = tokens[at++];
    if (name === undefined || !/^[A-Za-z]\w*$/.test(name) || !take('(')) return undefined;
    const values: string[] = [];
    while (!take(')')) {
      const value = tokens[at++];
      if (value === undefined || !/^[`"']/.test(value)) return undefined;
      values.push(value.slice(1, -1));
      if (!take(',') && tokens[at] !== ')') return undefined;
    }
    return { kind: 'call', name, values };
  };
  const whole = either(0);
  return at === tokens.length ? whole : undefined;
}
