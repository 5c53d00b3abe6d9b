import { isBearerToken, parseEndpoint } from './endpoint.ts';
import { ASSUMED_SECRET } from './named-secret.ts';
import { type ConfigProblem, problem } from './problem.ts';
import type { Bindings } from './variables.ts';

/** A Worker that revokes needs a store it may write to. `allowed` says what there may be when there is none. */
export function checkWritingStore(variables: Bindings, allowed: string, problems: ConfigProblem[]): void {
  const { UPSTASH_REDIS_REST_URL: url, UPSTASH_REDIS_REST_TOKEN: token, REVOCATIONS: objects } = variables;
  if (url !== undefined && url !== '') {
    if (typeof url !== 'string' || parseEndpoint(url) === undefined) {
      const endpoint = 'an https URL without credentials and fragment (http only to localhost)';
      problems.push(problem(['UPSTASH_REDIS_REST_URL'], 'something else', endpoint));
    }
    if (typeof token !== 'string' || (token !== ASSUMED_SECRET && !isBearerToken(token))) {
      problems.push(
        problem(
          ['UPSTASH_REDIS_REST_TOKEN'],
          token === undefined ? 'nothing' : 'a value that is none',
          'the token that may write',
        ),
      );
    }
  } else if (typeof objects !== 'object' || objects === null) {
    problems.push(problem(['REVOCATIONS'], 'no revocation store', allowed));
  }
}
