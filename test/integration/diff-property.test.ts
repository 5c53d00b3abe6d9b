import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { completeRuntime } from '../../src/cli/offline/runtime.ts';
import { sideOf } from '../../src/cli/review/compare-policies.ts';
import { openTrial } from '../../src/cli/review/confirm.ts';
import { judge } from '../../src/cli/review/judge.ts';
import type { Policy } from '../../src/core/policy.ts';
import { buildRouteTable } from '../../src/routing/route-table.ts';
import { policyOf, randomRequest, randomTables, randomToken } from '../fixtures/random-policy.ts';

completeRuntime();

const pair = fc
  .record({
    old: randomTables,
    new: randomTables,
    keep: fc.array(fc.boolean(), { minLength: 5, maxLength: 5 }),
  })
  .map(({ old, new: now, keep }) => ({
    old: policyOf(old),
    // Routes in common, so that the two differ in parts.
    new: policyOf({
      ...now,
      ROUTES: [...old.ROUTES.filter((_, index) => keep[index]), ...now.ROUTES].slice(0, 5),
    }),
  }))
  .filter((each): each is { old: Policy; new: Policy } => each.old !== undefined && each.new !== undefined);

describe('portcullis diff, on random pairs of policies', () => {
  it('shows every difference that it claims with a request', async () => {
    let witnesses = 0;
    await fc.assert(
      fc.asyncProperty(pair, async ({ old, new: now }) => {
        const { sections } = await judge(old, now);
        const tried = sections.flatMap(({ differences }) => differences).filter(({ witness }) => witness);
        witnesses += tried.length;
        expect(tried.filter(({ confirmation }) => !confirmation?.confirmed)).toEqual([]);
      }),
      { numRuns: 120, endOnFailure: true },
    );
    expect(witnesses).toBeGreaterThan(200);
  });

  it('claims every difference that a request shows', async () => {
    let shown = 0;
    await fc.assert(
      fc.asyncProperty(
        pair,
        fc.array(
          fc.record({ request: randomRequest, token: fc.option(randomToken, { nil: undefined, freq: 5 }) }),
          {
            minLength: 25,
            maxLength: 25,
          },
        ),
        async (policies, requests) => {
          const { old, new: now } = policies;
          const { sections } = await judge(old, now);
          const trial = await openTrial(policies);
          const tables = { old: buildRouteTable(old.routes), new: buildRouteTable(now.routes) };
          for (const { request, token } of requests) {
            const witness = {
              method: request.method,
              url: `https://${request.host}${request.path}`,
              token: token && { ...token, source: { kind: 'bearer' } as const },
            };
            const before = await trial.attempt('old', witness, 'old');
            const after = await trial.attempt('new', witness, 'old');
            if (before.passes === after.passes) continue;
            shown += 1;
            const [was, is] = [sideOf(old, tables.old, request), sideOf(now, tables.new, request)];
            const told = sections
              .filter(
                (section) =>
                  section.old === undefined || (section.old === was.text && section.new === is.text),
              )
              .flatMap(({ differences }) => differences.map(({ verdict }) => verdict));
            const wanted = after.passes
              ? ['newly_reachable', 'looser', 'may_differ']
              : ['newly_refused', 'stricter', 'may_differ'];
            expect({
              witness,
              before,
              after,
              was: was.text,
              is: is.text,
              told,
              found: wanted.some((each) => told.includes(each as never)),
            }).toMatchObject({ found: true });
          }
        },
      ),
      { numRuns: 80, endOnFailure: true },
    );
    expect(shown).toBeGreaterThan(100);
  });

  it('claims nothing of a policy and itself', async () => {
    await fc.assert(
      fc.asyncProperty(randomTables, async (tables) => {
        const [old, now] = [policyOf(tables), policyOf(tables)];
        if (old === undefined || now === undefined) return;
        expect((await judge(old, now)).sections).toEqual([]);
      }),
      { numRuns: 40, endOnFailure: true },
    );
  });
});
