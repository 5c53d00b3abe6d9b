import { visibleText } from '../../core/visible-text.ts';
import { linkTo } from '../address.ts';
import { Code } from '../parts/code.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { addressOf, boundText, type RequirementAsked, type RouteSeen } from './seen.ts';

/** One route with all that it requires. */
export function RouteDialog({ route, onClose }: { readonly route: RouteSeen; readonly onClose: () => void }) {
  const { name, methods, authentication, issuers, sources, requires, revocation, enforce, limited } = route;
  return (
    <Dialog title={`Route ${name}`} onClose={onClose}>
      <dl class="facts">
        <dt>For</dt>
        <dd>
          <Code>{addressOf(route)}</Code>, {methods === null ? 'every method' : methods.join(', ')}
        </dd>
        <dt>Authentication</dt>
        <dd>{authentication}</dd>
        <dt>Issuers</dt>
        <dd>{issuers.join(', ') || 'none'}</dd>
        <dt>Looks for a token in</dt>
        <dd>{sources.join(', then ') || 'nothing'}</dd>
        <dt>Deny-list</dt>
        <dd>
          {revocation.mode}; a revocation bites {boundText(route)}
          {revocation.mode !== 'off' && authentication !== 'none' && (
            <>
              ; when the store does not answer: <Code>{revocation.onUnavailable}</Code>
            </>
          )}
        </dd>
        <dt>Enforced</dt>
        <dd>{enforce === 'report' ? 'no: it only reports' : 'yes'}</dd>
        <dt>Rate limit</dt>
        <dd>{limited ? 'yes' : 'none'}</dd>
      </dl>
      <h3>Requires of a token</h3>
      <ul class="tree">
        <Asked part={requires} />
      </ul>
      <p class="filter-links">
        <a href={linkTo('/refusals', { route: name })} onClick={onClose}>
          What it refuses
        </a>
      </p>
    </Dialog>
  );
}

function Asked({ part }: { readonly part: RequirementAsked }) {
  const nothing = part.kind === 'all' && part.of.length === 0;
  return (
    <li>
      {nothing ? 'nothing more' : visibleText(part.asks)}
      {part.of.length > 0 && (
        <ul>
          {part.of.map((each, index) => (
            <Asked key={index} part={each} />
          ))}
        </ul>
      )}
    </li>
  );
}
