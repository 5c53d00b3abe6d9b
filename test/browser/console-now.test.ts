import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type Batch, seriesKey } from '../../src/metrics/batch.ts';
import { METRICS } from '../../src/metrics/catalog.ts';
import { startBrowser, type TestBrowser } from '../fixtures/browser.ts';
import { type ConsoleStack, startConsoleWithGateway } from '../fixtures/console.ts';
import { loggedIn, openConsole, pasteToken } from './console-page.ts';
import { expectSound, VIEWS } from './console-views.ts';

let stack: ConsoleStack;
let browser: TestBrowser;

/** As many observations below each bound of the metric, and their sum. */
const times = (counts: Readonly<Record<number, number>>, sum: number): readonly number[] => [
  ...METRICS.portcullis_time_to_enforce_seconds.bounds.map((bound) => counts[bound] ?? 0),
  0,
  sum,
];

beforeAll(async () => {
  [stack, browser] = await Promise.all([
    startConsoleWithGateway({
      gateway: { ROUTE_DEFAULTS: { revocation: { mode: 'cached', max_staleness: '5s' } } },
    }),
    startBrowser(),
  ]);
  const now = Math.floor(Date.now() / 1_000);
  const batch: Batch = {
    isolate: 'of-the-test',
    sequence: 1,
    sums: [
      [seriesKey('portcullis_time_to_enforce_seconds', ['strict']), times({ 0.05: 90, 0.1: 9, 0.5: 1 }, 4)],
      [seriesKey('portcullis_time_to_enforce_seconds', ['cached']), times({ 2.5: 40, 5: 55, 30: 5 }, 400)],
      [seriesKey('portcullis_canaries', ['strict', 'in_time']), [100]],
      [seriesKey('portcullis_canaries', ['cached', 'in_time']), [95]],
      [seriesKey('portcullis_canaries', ['cached', 'late']), [5]],
    ],
    gauges: {
      at: now,
      keySets: [
        {
          issuer: 'partner',
          state: 'stale',
          failing: true,
          freshUntil: now - 60,
          usableUntil: now + 7_200,
          refreshAt: now + 30,
          keys: 2,
        },
      ],
      store: { doubt: undefined, position: 7 },
      replica: undefined,
    },
  };
  await stack.gateway.metrics('add', batch);
});
afterAll(() => Promise.all([browser?.stop(), stack?.stop()]));

describe('Now', () => {
  it('shows how soon revocations bite beside what is promised, and what of that was late', async () => {
    const { page, offences } = await loggedIn(browser, stack);
    const table = page.getByRole('table', { name: 'How soon revocations bite' });
    const cells = (mode: string) => table.getByRole('row', { name: new RegExp(`^${mode}`) }).locator('td');
    await table.getByText('the next request').waitFor();
    expect((await cells('strict').allInnerTexts()).slice(0, 8)).toEqual([
      'strict',
      'the next request',
      '50 ms',
      '100 ms',
      '500 ms',
      '100',
      '0',
      '0',
    ]);
    expect((await cells('cached').allInnerTexts()).slice(0, 8)).toEqual([
      'cached',
      '5 s',
      '5 s',
      '5 s',
      '30 s',
      '95',
      '5',
      '0',
    ]);
    expect(offences).toEqual([]);
  });

  it('says of an issuer whose keys cannot be refreshed that they cannot, and until when they are taken', async () => {
    const { page } = await loggedIn(browser, stack);
    const row = page.getByRole('table', { name: 'Issuers' }).getByRole('row', { name: /^partner/ });
    await row.getByText('refresh fails in 1').waitFor();
    await row.getByText('stale', { exact: true }).waitFor();
    await row.getByText(/^in (1|2) h$|^in \d+ min$/).waitFor();
  });

  it('says that no alarm has been judged, and that none runs', async () => {
    const { page } = await loggedIn(browser, stack);
    await page.getByText('No alarm has been judged yet').waitFor();
    await stack.gateway.scheduled();
    const { page: later } = await loggedIn(browser, stack);
    await later.getByText('No alarm runs, as judged').waitFor();
  });

  it('does not say that none runs where nothing has been judged for minutes', async () => {
    const { page } = await openConsole(browser, stack);
    await page.route('**/v1/alarms', async (route) => {
      const response = await route.fetch();
      const told = await response.json();
      await route.fulfill({ response, json: { ...told, at: told.evaluated_at + 181 } });
    });
    await pasteToken(page, await stack.adminToken());
    await page.getByText('none has been judged since').waitFor();
    expect(await page.getByText('No alarm runs').count()).toBe(0);
  });
});

describe.each(VIEWS)('Now seen %s', (name, view) => {
  it('is accessible and fits', async () => {
    const { page } = await loggedIn(browser, stack, view);
    await page.getByRole('heading', { name: 'Time to enforce' }).waitFor();
    await page.getByText('refresh fails in 1').waitFor();
    await expectSound(page, `now-${name}`);
  });
});
