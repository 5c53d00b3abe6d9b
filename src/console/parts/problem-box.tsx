import type { Problem } from '../problem.ts';

/** What went wrong, in the API's own words. */
export function ProblemBox({ problem }: { readonly problem: Problem }) {
  const { status, title, detail, errors, reference } = problem;
  return (
    <div class="problem" role="alert">
      <strong>{status === 0 ? title : `${title} (${status})`}</strong>
      <p>{detail}</p>
      {errors.length > 0 && (
        <ul>
          {errors.map((error) => (
            <li key={error}>{error}</li>
          ))}
        </ul>
      )}
      {reference && (
        <p class="quiet">
          Reference <code>{reference}</code>
        </p>
      )}
    </div>
  );
}
