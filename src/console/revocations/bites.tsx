import { useCallback } from 'preact/hooks';
import { useOnce } from '../once.ts';
import { boundText, type PolicySeen } from '../policy/seen.ts';
import { useSurroundings } from '../session.ts';

/** How soon a revocation bites, route by route where the gateway tells; else by how a route may be configured. */
export function Bites() {
  const { session } = useSurroundings();
  const answer = useOnce(useCallback(() => session.api<PolicySeen>('/v1/policy'), [session]));
  if (answer?.ok !== true) return <ByMode />;
  const routes = answer.value.routes.filter(({ authentication }) => authentication !== 'none');
  const byBound = Map.groupBy(routes, boundText);
  return (
    <>
      <ul>
        {[...byBound].map(([bound, those]) => (
          <li key={bound}>
            {bound}: {those.map(({ name }) => name).join(', ')}
          </li>
        ))}
      </ul>
      <p class="quiet">Of routes that take such a token at all, as the gateway that control asks has them.</p>
    </>
  );
}

const ByMode = () => (
  <ul>
    <li>
      on a route with <code>revocation.mode = "strict"</code>: with the next request
    </li>
    <li>
      with <code>cached</code> or <code>replicated</code>: within the route’s <code>max_staleness</code>
    </li>
    <li>
      with <code>off</code>: never. There such a token is good until it expires
    </li>
  </ul>
);
