import { visibleText } from '../../core/visible-text.ts';
import { REMEDIES } from '../../telemetry/remedies.ts';
import { whyOfEvent } from '../../telemetry/why-of-event.ts';
import { linkTo } from '../address.ts';
import { isoTime } from '../moment.ts';
import { Code } from '../parts/code.tsx';
import { Dialog } from '../parts/dialog.tsx';
import { Moment } from '../parts/moment.tsx';
import { Prose } from '../parts/prose.tsx';
import { Table } from '../parts/table.tsx';
import { comparedIn } from './compared.ts';
import { type Refused, reasonOf } from './event.ts';
import { STAGES, stagesOf } from './stages.ts';

const SIGNS = { passed: '✓', refused: '✕', 'not reached': '–', 'not told': '·' } as const;

/** One refusal: how far it came, what was compared, what to do. Everything of the event is shown as text. */
export function Explanation({ event, onClose }: { readonly event: Refused; readonly onClose: () => void }) {
  const reason = reasonOf(event);
  const remedy = Object.hasOwn(REMEDIES, reason) ? REMEDIES[reason as keyof typeof REMEDIES] : undefined;
  const compared = comparedIn(event);
  const why = whyOfEvent({ ...event, reason });
  return (
    <Dialog title={`${event.status} ${reason}`} onClose={onClose}>
      <p class="request">
        <Code>
          {event.method} {event.host}
          {event.path}
        </Code>
      </p>
      <p class="quiet">
        <Moment at={event.time} />, {event.route === null ? 'no route' : `route ${event.route}`}
        {event.reason === null && ', let through: the route only reports'}
      </p>
      {why && <p class="why">{visibleText(why)}</p>}
      <h3>How far it came</h3>
      <ol class="stages">
        {stagesOf(event).map(({ stage, outcome }) => (
          <li key={stage} class={outcome.replace(' ', '-')}>
            <span aria-hidden="true">{SIGNS[outcome]}</span> {STAGES[stage]}{' '}
            <span class="quiet">{outcome}</span>
          </li>
        ))}
      </ol>
      {compared.length > 0 && (
        <>
          <h3>What was compared</h3>
          <Table
            caption="What was compared"
            rows={compared}
            keyOf={({ what }) => what}
            empty=""
            columns={[
              { title: '', cell: ({ what }) => what },
              { title: 'Found', cell: ({ found }) => <Code>{found}</Code> },
              { title: 'Wanted', cell: ({ wanted }) => wanted },
            ]}
          />
        </>
      )}
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
      <h3>The event</h3>
      <dl class="facts event">
        {Object.entries(event).map(([name, value]) => (
          <Field key={name} name={name} value={value} />
        ))}
      </dl>
      <p class="filter-links">
        <a href={linkTo('/refusals', { reason })} onClick={onClose}>
          All of this reason
        </a>
        {event.client && (
          <a href={linkTo('/refusals', { client: event.client })} onClick={onClose}>
            All of this address
          </a>
        )}
      </p>
    </Dialog>
  );
}

function Field({ name, value }: { readonly name: string; readonly value: unknown }) {
  const isTime = (name === 'time' || name === 'expiresAt') && typeof value === 'number';
  const text = isTime ? isoTime(value) : typeof value === 'string' ? value : JSON.stringify(value);
  return (
    <>
      <dt>{name}</dt>
      <dd>
        <Code>{text}</Code>
      </dd>
    </>
  );
}
