/** A claim of peers where a dot descends, as ours has it. */
export const claimName = (dotted: string): string =>
  /^[^/:]*\.[^/:]*$/.test(dotted) ? `/${dotted.replaceAll('.', '/')}` : dotted;

/** Names from the outside in, as ours has them. */
export const claimAt = (names: readonly string[]): string => {
  const [only = ''] = names;
  if (names.length === 1 && !only.startsWith('/')) return only;
  return `/${names.map((name) => name.replaceAll('~', '~0').replaceAll('/', '~1')).join('/')}`;
};
