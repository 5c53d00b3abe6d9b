import { describe, expect, it } from 'vitest';
import { completeRuntime } from '../../src/cli/offline/runtime.ts';
import { sideOf } from '../../src/cli/review/compare-policies.ts';
import { openTrial } from '../../src/cli/review/confirm.ts';
import { judge } from '../../src/cli/review/judge.ts';
import type { Policy, TokenProfile } from '../../src/core/policy.ts';
import type { TokenSource } from '../../src/core/token-source.ts';
import { buildRouteTable } from '../../src/routing/route-table.ts';
import fc from '../fixtures/draws.ts';
import { createKeyWorld } from '../fixtures/key-world.ts';
import { policyOf, randomPair, randomRequest, randomTables, randomToken } from '../fixtures/random-policy.ts';

completeRuntime();

/** Many times as many, where somebody looks for what these few have not found. */
const RUNS = Number(process.env.PROPERTY_RUNS ?? 1);

const pair = randomPair
  .map((tables) => ({ old: policyOf(tables.old), new: policyOf(tables.new) }))
  .filter((each): each is { old: Policy; new: Policy } => each.old !== undefined && each.new !== undefined);

const randomAsking = fc.record({
  request: randomRequest,
  token: fc.option(randomToken, { nil: undefined, freq: 5 }),
  source: fc.constantFrom<TokenSource>(
    { kind: 'bearer' },
    { kind: 'bearer' },
    { kind: 'cookie', name: '__Host-t', allowedOrigins: new Set() },
    { kind: 'header', name: 'x-token', scheme: undefined, padded: false },
    { kind: 'query', name: 'access_token' },
  ),
  signer: fc.nat(),
});

const world = createKeyWorld();

const profilesNamed = ({ issuers, routes }: Policy, iss: string): readonly TokenProfile[] =>
  [...new Set([...issuers, ...routes.flatMap(({ access }) => [...access.profiles.values()].flat())])].filter(
    ({ issuer }) => issuer === iss,
  );

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
      { numRuns: 90 * RUNS, endOnFailure: true },
    );
    expect(witnesses).toBeGreaterThan(120);
  });

  it('claims every difference that a request shows', async () => {
    let shown = 0;
    const byIssuer = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        pair,
        fc.array(randomAsking, { minLength: 25, maxLength: 25 }),
        async (policies, askings) => {
          const { old, new: now } = policies;
          const { sections } = await judge(old, now);
          const trial = await openTrial(policies, world.keys);
          const tables = { old: buildRouteTable(old.routes), new: buildRouteTable(now.routes) };
          for (const { request, token, source, signer } of askings) {
            const mintedFor = old.issuers.some(({ name }) => name === token?.issuer) ? 'old' : 'new';
            const profile = policies[mintedFor].issuers.find(({ name }) => name === token?.issuer);
            if (token !== undefined && profile === undefined) continue;
            const alike =
              profile === undefined ? [] : [old, now].flatMap((each) => profilesNamed(each, profile.issuer));
            const places = alike.flatMap(({ keys }) => world.places(keys));
            const place = places[signer % places.length];
            if (place !== undefined) world.signWith(place);
            const witness = {
              method: request.method,
              url: `https://${request.host}${request.path}`,
              token: token && { ...token, source },
            };
            const before = await trial.attempt('old', witness, mintedFor);
            const after = await trial.attempt('new', witness, mintedFor);
            if (before.passes === after.passes) continue;
            shown += 1;
            const [was, is] = [sideOf(old, tables.old, request), sideOf(now, tables.new, request)];
            const names = alike.map(({ name }) => `issuer ${name}: `);
            const told = sections.flatMap(({ old: from, new: to, differences }) =>
              differences.filter(({ what }) =>
                from === undefined
                  ? names.some((name) => what.startsWith(name))
                  : from === was.text && to === is.text,
              ),
            );
            const wanted = after.passes
              ? ['newly_reachable', 'looser', 'may_differ']
              : ['newly_refused', 'stricter', 'may_differ'];
            const found = told.filter(({ verdict }) => wanted.includes(verdict));
            for (const { what } of found) byIssuer.add(what.replace(/^issuer \w+(?:: )?/, ''));
            expect({
              witness,
              before,
              after,
              was: was.text,
              is: is.text,
              place,
              told,
              found: found.length > 0,
            }).toMatchObject({ found: true });
          }
        },
      ),
      { numRuns: 60 * RUNS, endOnFailure: true },
    );
    expect(shown).toBeGreaterThan(25);
    expect(byIssuer.size).toBeGreaterThan(0);
  });

  it('claims nothing of a policy and itself', async () => {
    await fc.assert(
      fc.asyncProperty(randomTables, async (tables) => {
        const [old, now] = [policyOf(tables), policyOf(tables)];
        if (old === undefined || now === undefined) return;
        expect((await judge(old, now)).sections).toEqual([]);
      }),
      { numRuns: 40 * RUNS, endOnFailure: true },
    );
  });
});
