import { visibleText } from '../../core/visible-text.ts';
import type { Problem } from '../problem.ts';
import { Code } from './code.tsx';

/** What went wrong, in the API's own words. */
export function ProblemBox({ problem }: { readonly problem: Problem }) {
  const { status, title, detail, errors, reference } = problem;
  return (
    <div class="problem" role="alert">
      <strong>{status === 0 ? title : `${title} (${status})`}</strong>
      <p>{visibleText(detail)}</p>
      {errors.length > 0 && (
        <ul>
          {errors.map((error) => (
            <li key={error}>{visibleText(error)}</li>
          ))}
        </ul>
      )}
      {reference && (
        <p class="quiet">
          Reference <Code>{reference}</Code>
        </p>
      )}
    </div>
  );
}
