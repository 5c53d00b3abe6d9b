import { err, ok, type Result } from '../../core/result.ts';
import type { LoginWishes } from '../upstream/login.ts';

/** How a login is asked for: at which provider, and in which way. */
export interface LoginAsk {
  readonly upstream: string;
  readonly wishes: LoginWishes;
}

/** OpenID Connect Core 1.0 §3.1.2.1. `none` stands alone. */
const PROMPT = /^(none|(login|consent|select_account)( (login|consent|select_account))*)$/;
const LIMITS = { login_hint: 256, acr_values: 256 } as const;
const MAX_AGE = /^\d{1,9}$/;

/**
 * Reads `upstream` (a table's name), `prompt`, `login_hint`, `acr_values` and `max_age`, or says which of them is wrong.
 * `allowed`: the providers to choose from; the first is the default.
 */
export function readLoginAsk(
  parameters: ReadonlyMap<string, string>,
  allowed: readonly string[],
): Result<LoginAsk, string> {
  const upstream = parameters.get('upstream') ?? allowed[0];
  if (upstream === undefined || !allowed.includes(upstream)) return err('upstream');
  const prompt = parameters.get('prompt');
  if (prompt !== undefined && !PROMPT.test(prompt)) return err('prompt');
  for (const [name, limit] of Object.entries(LIMITS)) {
    const value = parameters.get(name);
    if (value !== undefined && (value.length > limit || /\p{Cc}/u.test(value))) return err(name);
  }
  const maxAge = parameters.get('max_age');
  if (maxAge !== undefined && !MAX_AGE.test(maxAge)) return err('max_age');
  return ok({
    upstream,
    wishes: {
      prompt,
      loginHint: parameters.get('login_hint'),
      acrValues: parameters.get('acr_values'),
      maxAge: maxAge === undefined ? undefined : Number(maxAge),
    },
  });
}
