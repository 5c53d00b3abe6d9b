import { cloudflareTest } from '@cloudflare/vitest-plugin';
import { defineConfig } from 'vitest/config';
import { PROMETHEUS_TESTS, prometheusIsThere } from './test/fixtures/prometheus.ts';
import { redisIsThere, testsOfRedis } from './test/fixtures/redis-server.ts';
import { SlowestFirst } from './test/fixtures/slowest-first.ts';
import { tokenServiceVariables } from './test/unit/token-service/variables.ts';

/** For property tests: test/fixtures/draws.ts. */
const provide = { drawsSeed: Number(process.env.DRAWS_SEED ?? 1) };

export default defineConfig({
  test: {
    sequence: { sequencer: SlowestFirst },
    projects: [
      {
        plugins: [
          cloudflareTest({
            main: './test/unit/durable-worker.ts',
            miniflare: {
              compatibilityDate: '2026-11-01',
              compatibilityFlags: ['nodejs_compat'],
              durableObjects: {
                REVOCATIONS: { className: 'RevocationObject', useSQLite: true },
                KEYRING: { className: 'KeyringObject', useSQLite: true },
                METRICS: { className: 'MetricsObject', useSQLite: true },
                ALARMS: { className: 'AlarmsObject', useSQLite: true },
                IDENTITY_KEYS: { className: 'IdentityKeysObject', useSQLite: true },
                GRANTS: { className: 'GrantObject', useSQLite: true },
                GRANT_INDEX: { className: 'GrantIndexObject', useSQLite: true },
              },
              bindings: tokenServiceVariables(),
            },
          }),
        ],
        test: {
          name: 'unit',
          provide,
          // The tests of a room share no state, and a Worker for each file costs most of the time.
          isolate: false,
          maxWorkers: 2,
          testTimeout: 20_000,
          include: ['test/unit/**/*.test.ts', 'test/conformance/**/*.test.ts'],
        },
      },
      {
        test: {
          name: 'integration',
          provide,
          include: ['test/integration/**/*.test.ts'],
          exclude: [
            ...(redisIsThere() ? [] : testsOfRedis()),
            ...(prometheusIsThere() ? [] : PROMETHEUS_TESTS),
          ].map((name) => `test/integration/${name}`),
          globalSetup: ['test/fixtures/global-setup.ts'],
          // Much of it waits: for an interval, for a process that starts.
          maxWorkers: 3,
          sequence: { groupOrder: 1 },
          // Those that run beside each other wait for something that takes its time.
          maxConcurrency: 20,
          expect: { poll: { timeout: 20_000 } },
          testTimeout: 30_000,
          hookTimeout: 60_000,
        },
      },
      {
        // Apart from `npm test`: these need a Chromium. `npm run test:browser`.
        test: {
          name: 'browser',
          include: ['test/browser/**/*.test.ts'],
          globalSetup: ['test/fixtures/browser-setup.ts'],
          maxWorkers: 1,
          sequence: { groupOrder: 2 },
          expect: { poll: { timeout: 20_000 } },
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
    ],
  },
});
