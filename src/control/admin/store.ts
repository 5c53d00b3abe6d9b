import { hasContent } from '../../core/has-content.ts';
import { json, problemAnswer } from '../../http/problem.ts';
import { outcomeOf } from '../audit.ts';
import type { Intake } from '../ports.ts';
import { authenticateAdmin } from './caller.ts';

/**
 * `GET /v1/store`: which store this Worker writes to, and how it stands. The gateway's status shows the same name, epoch
 * and position where both use the same store.
 */
export async function showStore(intake: Intake): Promise<Response> {
  const { ports, trail } = intake;
  const admin = await authenticateAdmin(intake, 'read');
  if (!admin.ok) {
    return admin.error;
  }
  const { epoch, position, keptSeconds } = await ports.store.life();
  trail.outcome = 'read';
  return json(200, {
    store: ports.storeName,
    epoch: epoch ?? null,
    position,
    kept_seconds: keptSeconds === undefined ? null : Object.fromEntries(keptSeconds),
  });
}

/**
 * `POST /v1/store/adopt`: a person says that this store is the one, whatever it has lost. A new epoch begins, and every
 * Worker that was in doubt takes what the store holds for all there is. 200 with the epochs, now and before.
 */
export async function adoptStore(intake: Intake): Promise<Response> {
  const { request, ports, trail } = intake;
  const admin = await authenticateAdmin(intake, 'adopt');
  if (!admin.ok) {
    return admin.error;
  }
  if (hasContent(request.body, request.headers)) {
    const fault = { status: 400, detail: 'No body is known here.' } as const;
    trail.detail = fault.detail;
    trail.outcome = outcomeOf(fault);
    return problemAnswer(fault);
  }
  const { epoch, previous } = await ports.store.adopt();
  trail.outcome = 'adopted';
  trail.detail = `epoch ${epoch}, before ${previous ?? 'none'}`;
  return json(200, { store: ports.storeName, epoch, previous: previous ?? null });
}
