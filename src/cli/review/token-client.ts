import type { TokenProfile } from '../../core/policy.ts';
import type { Literal } from './presented.ts';

/** The client of a token for all that is asked of it; undefined: whichever a good token has. */
export function someClient(
  literals: readonly Literal[],
  { audience, audienceClaim, audienceOptional, profile }: TokenProfile,
): { readonly name: string } | undefined | 'none' | 'undecided' {
  const asked = literals.flatMap(({ atom, holds }) => (atom.kind === 'client' ? [{ atom, holds }] : []));
  if (asked.length === 0) return undefined;
  const fits = (name: string): boolean =>
    asked.every(({ atom, holds }) => atom.values.includes(name) === holds);
  const wanted = asked.find(({ holds }) => holds)?.atom.values;
  if (audienceClaim === 'client_id' && audience !== 'any') {
    // The client is the audience as well, so it is one of those.
    const name = (wanted ?? audience).find((each) => audience.includes(each) && fits(each));
    if (name !== undefined) return { name };
    return wanted === undefined && audienceOptional && profile !== 'rfc9068' ? 'undecided' : 'none';
  }
  if (wanted !== undefined) {
    const name = wanted.find(fits);
    return name === undefined ? 'none' : { name };
  }
  return { name: freshName(fits) };
}

function freshName(fits: (name: string) => boolean): string {
  for (let number = 1; ; number += 1) {
    const name = `client-${number}`;
    if (fits(name)) return name;
  }
}
