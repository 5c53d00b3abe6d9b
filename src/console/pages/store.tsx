import { useCallback } from 'preact/hooks';
import { ProblemBox } from '../parts/problem-box.tsx';
import { usePoll } from '../poll.ts';
import { useSurroundings } from '../session.ts';

/** `GET /v1/store`. */
interface Store {
  readonly store: string;
  readonly epoch: string | null;
  readonly position: number | string;
}

function StorePage() {
  const { session } = useSurroundings();
  const { value, problem } = usePoll(
    useCallback(() => session.api<Store>('/v1/store'), [session]),
    15,
  );
  return (
    <>
      {problem && <ProblemBox problem={problem} />}
      {value && (
        <dl class="facts">
          <dt>Revocation store</dt>
          <dd>{value.store}</dd>
          <dt>Epoch</dt>
          <dd>
            <code>{value.epoch ?? 'not begun'}</code>
          </dd>
          <dt>Position</dt>
          <dd>{String(value.position)}</dd>
        </dl>
      )}
    </>
  );
}

export const STORE = { path: '/store', title: 'Store', view: StorePage } as const;
