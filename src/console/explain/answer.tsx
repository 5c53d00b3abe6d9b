import { visibleText } from '../../core/visible-text.ts';
import type { Explanation, NearRoute, RequirementSeen, Step } from '../../telemetry/explanation.ts';
import { REMEDIES } from '../../telemetry/remedies.ts';
import { whyOf } from '../../telemetry/why.ts';
import { Code } from '../parts/code.tsx';
import { Prose } from '../parts/prose.tsx';
import { Table } from '../parts/table.tsx';

const STAGES: Readonly<Record<string, string>> = {
  target: 'Read the address',
  route: 'Find the route',
  credentials: 'Find the token',
  structure: 'Take the token apart',
  issuer: 'Whose token it is',
  algorithm: 'Its algorithm',
  type: 'Its type',
  claims: 'Its claims',
  audience: 'Whom it is for',
  times: 'Its times',
  key: 'Find the key',
  signature: 'Verify the signature',
  revocation: 'Ask the deny-list',
  requirement: 'Check what the route requires',
  origin: 'Send it to the origin',
};

const SIGNS: Readonly<Record<string, readonly [sign: string, kind: string]>> = {
  passed: ['✓', 'passed'],
  failed: ['✕', 'refused'],
  unknown: ['?', 'refused'],
  would_fail: ['✕', 'refused'],
  not_reached: ['–', 'not-reached'],
  not_checked: ['·', 'not-told'],
  not_needed: ['·', 'not-told'],
};

/** What the gateway says of a request: its answer, the stages, what was compared, what to do. */
export function GatewayAnswer({ said }: { readonly said: Explanation }) {
  const { verdict, reason, wouldRefuse, routes, request, answer, token, requirement } = said;
  const of = reason ?? wouldRefuse;
  const why = whyOf(said);
  const remedy = of !== null && Object.hasOwn(REMEDIES, of) ? REMEDIES[of] : undefined;
  return (
    <>
      <p class="request">
        <span class={`badge ${verdict === 'allowed' ? 'good' : verdict === 'denied' ? 'bad' : 'warn'}`}>
          {answer === null ? verdict : `${answer.status} ${reason ?? ''}`}
        </span>{' '}
        <Code>
          {request.method} {request.host}
          {request.path}
        </Code>
        , {routes.matched === null ? 'no route' : `route ${routes.matched}`}
        {wouldRefuse !== null && `, which only reports: ${wouldRefuse}`}
      </p>
      {why && <p class="why">{visibleText(why)}</p>}
      <Table
        caption="Stages"
        rows={said.steps}
        keyOf={({ stage }) => stage}
        empty=""
        columns={[
          { title: 'Stage', cell: (step) => <StepName step={step} /> },
          { title: 'Found', cell: ({ found }) => (found === null ? '–' : <Code>{found}</Code>) },
          { title: 'Wanted', cell: ({ expected }) => visibleText(expected.join(' or ')) || '–' },
        ]}
      />
      {token !== null && token.keysFailed !== null && (
        <p>
          The keys could not be had: <Code>{token.keysFailed}</Code>
        </p>
      )}
      {requirement && (
        <>
          <h3>What the route requires</h3>
          <ul class="tree">
            <Required part={requirement} />
          </ul>
        </>
      )}
      <Nearest routes={routes.nearest} />
      {remedy && (
        <>
          <h3>Usually</h3>
          <p>
            <Prose text={remedy.cause} />
          </p>
          <h3>What to do</h3>
          <p>
            <Prose text={remedy.mend} />
          </p>
        </>
      )}
    </>
  );
}

function StepName({ step: { stage, outcome } }: { readonly step: Step }) {
  const [sign, kind] = SIGNS[outcome] ?? ['·', 'not-told'];
  return (
    <span class="stages">
      <span class={kind}>
        <span aria-hidden="true">{sign}</span> {STAGES[stage] ?? stage}
      </span>{' '}
      <span class="quiet">{outcome.replace('_', ' ')}</span>
    </span>
  );
}

function Required({ part }: { readonly part: RequirementSeen }) {
  return (
    <li class={part.holds ? 'holds' : 'fails'}>
      <span aria-hidden="true">{part.holds ? '✓' : '✕'}</span> {visibleText(part.asks)}
      <span class="quiet">
        {part.holds ? ' holds' : ' does not hold'}
        {part.found !== null && (
          <>
            , the token has <Code>{part.found}</Code>
          </>
        )}
      </span>
      {part.of.length > 0 && (
        <ul>
          {part.of.map((each, index) => (
            <Required key={index} part={each} />
          ))}
        </ul>
      )}
    </li>
  );
}

/** Routes that a request came near to, and what kept it from them. */
export function Nearest({ routes }: { readonly routes: readonly NearRoute[] }) {
  if (routes.length === 0) return null;
  return (
    <>
      <h3>The nearest other routes</h3>
      <ul>
        {routes.map(({ route, host, path, because }) => (
          <li key={route}>
            <Code>{route}</Code>, for <Code>{`${host === 'any' ? '' : host}${path}`}</Code>:{' '}
            {because[0] === 'less_specific'
              ? 'fits too, and is less specific'
              : `another ${because.join(' and ')}`}
          </li>
        ))}
      </ul>
    </>
  );
}
