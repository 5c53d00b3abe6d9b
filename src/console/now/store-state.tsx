import { useCallback } from 'preact/hooks';
import { Moment } from '../parts/moment.tsx';
import { ProblemBox } from '../parts/problem-box.tsx';
import { usePoll } from '../poll.ts';
import { useSurroundings } from '../session.ts';
import { type Counts, type Histogram, quantile } from './counts.ts';
import { milliseconds } from './routes.tsx';

/** `GET /v1/store`. */
interface Store {
  readonly store: string;
  readonly epoch: string | null;
  readonly position: number | string | null;
}

const DOUBTS = ['revocation_store_lost', 'revocation_store_set_back', 'revocation_store_replaced'];

/** The deny-list: which one, and how old what the gateway goes by is. */
export function StoreState({ counts }: { readonly counts: Counts }) {
  const { session } = useSurroundings();
  const { value: store, problem } = usePoll(
    useCallback(() => session.api<Store>('/v1/store'), [session]),
    30,
  );
  const age = counts.series.find(({ metric }) => metric === 'portcullis_revocation_replica_age_seconds');
  const read = (result: string) =>
    counts.series.find(
      ({ metric, labels }) => metric === 'portcullis_revocation_checks' && labels.result === result,
    )?.value ?? 0;
  const doubt = counts.series
    .filter(({ metric, labels }) => metric === 'portcullis_events' && DOUBTS.includes(labels.event ?? ''))
    .sort((a, b) => b.changed_at - a.changed_at)[0];
  return (
    <section class="card">
      <h2>Revocation store</h2>
      {problem && <ProblemBox problem={problem} />}
      <dl class="facts">
        <dt>Store</dt>
        <dd>{store?.store ?? '…'}</dd>
        <dt>Position</dt>
        <dd>{store?.position ?? 'not begun'}</dd>
        <dt>Looked up</dt>
        <dd>
          {read('checked')} tokens, {read('accepted_on_doubt')} accepted in doubt
        </dd>
        <dt>Copies of it</dt>
        <dd>{age?.le === undefined ? 'no route is replicated' : <ReplicaAge age={{ ...age }} />}</dd>
        <dt>Oldest copy now</dt>
        <dd>{counts.replica ? <OldestCopy replica={counts.replica} /> : 'none told of'}</dd>
        <dt>In doubt now</dt>
        <dd>{inDoubt(counts.store_seen)}</dd>
        <dt>Last doubt</dt>
        <dd>
          {doubt === undefined ? (
            'none'
          ) : (
            <>
              {doubt.labels.event}, <Moment at={doubt.changed_at} />
            </>
          )}
        </dd>
      </dl>
    </section>
  );
}

function ReplicaAge({ age }: { readonly age: Partial<Histogram> & { readonly changed_at: number } }) {
  const { le = [], counts = [], sum = 0 } = age;
  const within = quantile({ le, counts, sum }, 0.99);
  return (
    <>
      99 % {within === undefined ? 'older than every bound' : `no older than ${milliseconds(within)}`}, last
      used <Moment at={age.changed_at} />
    </>
  );
}

const OldestCopy = ({ replica }: { readonly replica: NonNullable<Counts['replica']> }) => (
  <>
    as of <Moment at={replica.as_of} />, of {replica.isolates} told of
  </>
);

function inDoubt(seen: Counts['store_seen']): string {
  if (!seen) return 'no isolate has told';
  return seen.in_doubt === 0 ? 'no isolate' : `${seen.in_doubt} isolates: ${seen.doubt}`;
}
