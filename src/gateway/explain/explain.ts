import type { RequestContext } from '../../core/context.ts';
import type { ReceivedRequest } from '../../core/received-request.ts';
import type { Rejection } from '../../core/rejection.ts';
import { canonicalTarget } from '../../routing/canonical-path.ts';
import { preflightMethod } from '../../routing/preflight.ts';
import { matchRoute, type RouteMatch } from '../../routing/route-table.ts';
import { showUrl } from '../../telemetry/arrival.ts';
import type { AnswerSeen, Explanation, Step, StepOutcome } from '../../telemetry/explanation.ts';
import type { Rehearsal, Rehearsing } from '../rehearse.ts';
import { accessSeen, type ExplainOptions } from './access-seen.ts';
import { nearRoutes } from './near-routes.ts';
import { shownText } from './shown-value.ts';

/**
 * Why a request gets the answer that it gets. The answer is the pipeline's own, rehearsed; the decision is asked for
 * once more, with a trace. Asks for keys and, where the ports reach it, the deny-list; never an origin. Whatever is told
 * of the token is what was put in, and of an encrypted one nothing but its header: who has it need not be able to read it.
 */
export async function explain(
  { gateway, rehearse }: Rehearsing,
  received: ReceivedRequest,
  context: RequestContext,
  options: ExplainOptions,
): Promise<Explanation> {
  const { response, event } = await rehearse(received, context);
  const target = canonicalTarget(received);
  const matched = target.ok
    ? matchRoute(gateway.routes, received.method, target.value, preflightMethod(received))
    : undefined;
  const match = matched?.ok ? matched.value : undefined;
  const asked = match !== undefined && !match.preflight ? match : undefined;
  const token = asked && (await accessSeen(gateway, { received, match: asked, context }, options));
  const shown = showUrl(received.url);
  return {
    now: context.now,
    request: {
      method: shownText(received.method),
      host: shown.host,
      path: shown.path,
      headers: [...received.headers.keys()].slice(0, 100).map(shownText),
    },
    verdict: event.decision,
    reason: event.reason === 'client_disconnected' ? null : event.reason,
    evidence: event.evidence ?? null,
    wouldRefuse: event.wouldRefuse ?? null,
    steps: [
      targetStep(target, shown),
      routeStep(matched, event.route, received),
      ...(token?.steps ?? []),
      originStep(event.decision === 'allowed', match),
    ],
    routes: {
      matched: event.route,
      preflight: match?.preflight ?? false,
      nearest: target.ok
        ? nearRoutes(gateway.policy.routes, received.method, target.value, match?.route)
        : [],
    },
    token: token?.seen ?? null,
    requirement: token?.requirement ?? null,
    answer:
      event.decision === 'allowed' && match !== undefined && !answersItself(match, response)
        ? null
        : await answerOf(response),
  };
}

const answersItself = ({ preflight, route }: RouteMatch, { status }: Response): boolean =>
  preflight && route.cors !== undefined && status === 204;

const targetStep = (
  target: ReturnType<typeof canonicalTarget>,
  shown: { readonly host: string; readonly path: string },
): Step => ({
  stage: 'target',
  outcome: target.ok ? 'passed' : 'failed',
  lookedAt: 'the URL and Host, as sent',
  expected: [],
  found: target.ok ? `${shown.host}${shown.path}` : `${shown.host}${shown.path}: ${evidence(target.error)}`,
});

const evidence = (rejection: Rejection): string =>
  'evidence' in rejection ? (rejection.evidence ?? '') : '';

function routeStep(
  matched: ReturnType<typeof matchRoute> | undefined,
  route: string | null,
  { method }: ReceivedRequest,
): Step {
  const outcome: StepOutcome = route !== null ? 'passed' : matched === undefined ? 'not_reached' : 'failed';
  const refusal = matched?.ok === false ? matched.error : undefined;
  const allow = refusal?.reason === 'method_not_allowed' ? refusal.allow : [];
  return {
    stage: 'route',
    outcome,
    lookedAt: 'host, path and method',
    expected: allow,
    found: route ?? shownText(method),
  };
}

const originStep = (allowed: boolean, match: RouteMatch | undefined): Step => ({
  stage: 'origin',
  outcome: allowed && match !== undefined ? 'passed' : 'not_reached',
  lookedAt: 'nothing: no origin was asked',
  expected: [],
  found: match === undefined ? null : match.route.name,
});

/** Without the reference: no log has an event under it. */
async function answerOf(response: Rehearsal['response']): Promise<AnswerSeen> {
  const text = await response.text();
  const { reference: _, ...body } = text === '' ? {} : JSON.parse(text);
  return {
    status: response.status,
    headers: Object.fromEntries(response.headers),
    body: text === '' ? null : body,
  };
}
