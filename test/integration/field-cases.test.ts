import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  FIELD_FILE,
  type FieldCase,
  field,
  issuerTableOf,
  jwksOf,
  routeTablesOf,
} from '../fixtures/field-cases.ts';
import { fieldResponder } from '../fixtures/field-origin.ts';
import { faultsOf } from '../fixtures/field-run.ts';
import { json, type ScriptedServer, startScriptedServer } from '../fixtures/http-faults.ts';
import { type Origin, startOrigin } from '../fixtures/origin.ts';
import { type Gateway, startGateway } from '../fixtures/workerd.ts';

let keys: ScriptedServer;
let gateway: Gateway;
const origins = new Map<string, Origin>();

const originOf = ({ id }: FieldCase): Origin => {
  const origin = origins.get(id);
  if (origin === undefined) throw new Error(`no origin for ${id}`);
  return origin;
};

const variables = (cases: readonly FieldCase[]) => ({
  ISSUERS: Object.fromEntries(
    cases.map((fieldCase) => [fieldCase.id, issuerTableOf(fieldCase, `${keys.url}/${fieldCase.id}`)]),
  ),
  ROUTES: Object.fromEntries(cases.flatMap((fieldCase) => routeTablesOf(fieldCase, originOf(fieldCase).url))),
});

beforeAll(async () => {
  if (field.cases.length === 0) return;
  const sets = new Map(field.cases.map((fieldCase) => [`/${fieldCase.id}`, jwksOf(fieldCase)]));
  keys = await startScriptedServer((request, response) => {
    json(sets.get(request.url ?? ''))(request, response);
  });
  for (const { id, origin } of field.cases) {
    const started = await startOrigin(fieldResponder(origin));
    origins.set(id, started);
    if (origin?.closes === 'nothing listens') await started.refuse();
  }
  gateway = await startGateway({ vars: variables(field.cases) });
});

afterAll(() =>
  Promise.all([gateway?.stop(), keys?.stop(), ...[...origins.values()].map(({ stop }) => stop())]),
);

describe('what was refused or harmed in the field', () => {
  it('is tried when its file is there, and says so when it is not', () => {
    if (field.cases.length === 0)
      console.warn(`FIELD CASES NOT RUN: no ${FIELD_FILE} (set PORTCULLIS_FIELD_CASES)`);
    expect([0, 100]).toContain(field.cases.length);
  });

  it.each(field.cases)('$id: $what', async (fieldCase) => {
    const faults = await faultsOf(fieldCase, {
      gateway,
      origin: originOf(fieldCase),
      fetches: () => keys.received.filter((line) => line === `GET /${fieldCase.id}`).length,
    });
    expect(faults).toEqual([]);
  });
});
