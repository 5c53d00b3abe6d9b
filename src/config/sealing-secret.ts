import { MIN_SECRET_LENGTH } from './place.ts';
import { type ConfigProblem, problem } from './problem.ts';
import type { Bindings } from './variables.ts';

const NAME = 'CACHE_SECRET';
const ALLOWED = `a secret of at least ${MIN_SECRET_LENGTH} characters, made for this and used for nothing else`;

/** What seals what isolates share; undefined: none is set, and nothing is shared. */
export const sealingSecret = (bindings: Bindings): string | undefined =>
  typeof bindings[NAME] === 'string' ? bindings[NAME] : undefined;

/** A secret that could be guessed seals nothing: whoever reaches the cache could plant keys. */
export function checkSealingSecret(bindings: Bindings, problems: ConfigProblem[]): void {
  const secret = bindings[NAME];
  if (secret === undefined || (typeof secret === 'string' && secret.length >= MIN_SECRET_LENGTH)) return;
  const found = typeof secret === 'string' ? `a secret of ${secret.length} characters` : 'no text';
  problems.push(problem([NAME], found, ALLOWED));
}

/** Told by the Worker as it starts: the file that is checked cannot know what is set at deploy. */
export const unsealedWarning = (): ConfigProblem =>
  problem(
    [NAME],
    'nothing',
    ALLOWED,
    'without it isolates share nothing: each fetches every key set, and loads and follows the deny-list, by itself',
  );
