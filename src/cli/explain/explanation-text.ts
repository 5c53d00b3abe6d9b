import { momentText } from '../../core/moment-text.ts';
import { visibleText } from '../../core/visible-text.ts';
import type {
  Explanation,
  NearRoute,
  RequirementSeen,
  Step,
  TokenSeen,
} from '../../telemetry/explanation.ts';
import { plainText, REMEDIES } from '../../telemetry/remedies.ts';
import { whyOf } from '../../telemetry/why.ts';

/** An explanation for a terminal, line by line. */
export function explanationLines(explanation: Explanation): readonly string[] {
  const sections = [
    headline(explanation),
    caveats(explanation),
    advice(explanation),
    ['Steps', ...explanation.steps.map(stepLine)],
    nearLines(explanation.routes.nearest),
    explanation.token === null ? [] : tokenLines(explanation.token, explanation.now),
    explanation.requirement === null
      ? []
      : ['What the route requires', ...requirementLines(explanation.requirement, 1)],
    answerLines(explanation),
  ];
  return sections
    .filter((lines) => lines.length > 0)
    .flatMap((lines, index) => (index === 0 ? lines : ['', ...lines]))
    .map(visibleText);
}

function headline({ request, verdict, reason, routes, answer, wouldRefuse }: Explanation): string[] {
  const route = routes.matched === null ? 'no route' : `route ${routes.matched}`;
  const end =
    answer === null
      ? `allowed, ${route}${wouldRefuse === null ? '' : `, which only reports: ${wouldRefuse}`}`
      : `${answer.status}${reason === null ? '' : ` ${reason}`}, ${route}`;
  return [
    `${request.method} ${request.host}${request.path}: ${verdict === 'unknown' ? 'nobody can tell, ' : ''}${end}`,
  ];
}

/** A gateway of another version may have reasons that this one has not. */
const UNHEARD = { cause: 'a reason that this version does not know', mend: 'update portcullis' };

/** Loudly: what the rest rests on. */
function caveats({ steps, token }: Explanation): string[] {
  const unchecked = (stage: Step['stage']) =>
    steps.some((step) => step.stage === stage && step.outcome === 'not_checked');
  return [
    ...(unchecked('signature')
      ? [
          `SIGNATURE NOT CHECKED: the keys of ${token?.issuer ?? 'the issuer'} are not at hand. What follows takes it for good; a forged token looks the same.`,
        ]
      : []),
    ...(unchecked('revocation') ? ['Deny-list not asked: "portcullis lookup -" asks it.'] : []),
  ];
}

function advice(explanation: Explanation): string[] {
  const reason = explanation.reason ?? explanation.wouldRefuse;
  if (reason === null) return [];
  const why = whyOf(explanation);
  const { cause, mend } = REMEDIES[reason] ?? UNHEARD;
  return [
    ...(why === undefined ? [] : [`Why         ${why}${elsewise(explanation)}`]),
    `Usually     ${plainText(cause)}`,
    `What to do  ${plainText(mend)}`,
  ];
}

/** What this command can do where keys could not be had. */
const elsewise = ({ reason, token }: Explanation): string =>
  reason === 'keys_unavailable' && token?.keysFailed != null
    ? ' With --offline the rest is explained without them, with --jwks from a file.'
    : '';

const OUTCOMES: Readonly<Record<Step['outcome'], string>> = {
  passed: 'passed',
  failed: 'FAILED',
  unknown: 'UNKNOWN',
  would_fail: 'would fail',
  not_reached: 'not reached',
  not_checked: 'NOT CHECKED',
  not_needed: 'not needed',
};

function stepLine({ stage, outcome, lookedAt, expected, found }: Step): string {
  const compared = [
    ...(found === null ? [] : [`found ${found}`]),
    ...(expected.length === 0 ? [] : [`expected ${expected.join(' or ')}`]),
  ];
  const detail =
    outcome === 'not_reached' ? '' : `${lookedAt}${compared.length > 0 ? `: ${compared.join('; ')}` : ''}`;
  return `  ${stage.padEnd(12)}${OUTCOMES[outcome].padEnd(13)}${detail}`.trimEnd();
}

const BECAUSE: Readonly<Record<NearRoute['because'][number], string>> = {
  host: 'the host is another',
  path: 'the path is another',
  method: 'the method is not among its methods',
  less_specific: 'less specific',
};

const nearLines = (nearest: readonly NearRoute[]): string[] =>
  nearest.length === 0
    ? []
    : [
        'Nearest other routes',
        ...nearest.map(({ route, host, path, methods, because }) => {
          const pattern = `${methods === null ? '' : `${methods.join(',')} `}${host === 'any' ? '' : host}${path}`;
          return `  ${route.padEnd(12)}${pattern}: ${because.map((each) => BECAUSE[each]).join(', ')}`;
        }),
      ];

const DATES: ReadonlySet<string> = new Set(['exp', 'nbf', 'iat', 'auth_time']);

function tokenLines({ verified, issuer, header, claims }: TokenSeen, now: number): string[] {
  const from = issuer === null ? 'of no issuer of the route' : `by issuer ${issuer}`;
  const text = (name: string, value: unknown) =>
    DATES.has(name) && typeof value === 'number'
      ? `${value}, ${momentText(value, now)}`
      : JSON.stringify(value);
  return [
    `Token, ${from}${verified ? ', verified' : ', NOT VERIFIED: anybody can have written this'}`,
    ...Object.entries(header).map(([name, value]) => `  header ${name.padEnd(10)}${JSON.stringify(value)}`),
    ...Object.entries(claims).map(([name, value]) => `  ${name.padEnd(17)}${text(name, value)}`),
  ];
}

function requirementLines({ asks, at, holds, found, of }: RequirementSeen, depth: number): string[] {
  const where = at === null ? '' : ` (${at})`;
  const has = of.length > 0 || found === null ? (of.length > 0 ? '' : ': nothing there') : `: found ${found}`;
  const line = `${'  '.repeat(depth)}${holds ? 'holds ' : 'FAILS '} ${asks}${where}${has}`;
  return [line, ...of.flatMap((part) => requirementLines(part, depth + 1))];
}

function answerLines({ answer, routes }: Explanation): string[] {
  if (answer === null) return [`Answer: what the origin of route ${routes.matched} answers`];
  const headers = Object.entries(answer.headers).map(([name, value]) => `  ${name}: ${value}`);
  return [
    `Answer: ${answer.status}`,
    ...headers,
    ...(answer.body === null ? [] : [`  ${JSON.stringify(answer.body)}`]),
  ];
}
