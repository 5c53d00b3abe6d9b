import { parse } from 'smol-toml';
import { describe, expect, it } from 'vitest';
import { importPolicy } from '../../src/cli/import/import-policy.ts';
import { PEERS } from '../../src/cli/import/peers.ts';
import { readYaml } from '../../src/cli/import/read-source.ts';
import { plainValue, SourceFault } from '../../src/cli/import/source-node.ts';
import { completeRuntime } from '../../src/cli/offline/runtime.ts';
import { run } from '../../src/cli/run.ts';
import fc from '../fixtures/draws.ts';
import { EXAMPLES } from '../fixtures/import/all.ts';
import { compiled, documentsOf, imported, opened } from '../fixtures/imported.ts';
import { recordingTerminal } from '../fixtures/terminal.ts';

completeRuntime();

it('has at least five examples of each peer', () => {
  expect(Object.keys(EXAMPLES).sort()).toEqual(Object.keys(PEERS).sort());
  for (const [peer, examples] of Object.entries(EXAMPLES)) {
    expect(examples.length, peer).toBeGreaterThanOrEqual(5);
  }
});

describe.each(Object.entries(EXAMPLES))('an import from %s', (peer, examples) => {
  it.each(examples.map((example) => [example.name, example] as const))('%s', async (_, example) => {
    const { toml, losses } = imported(peer, example.text, example.origin);
    const told = `${JSON.stringify(losses, null, 1)}\n${toml}`;
    expect(losses.length > 0 ? 'some' : 'none', told).toBe(example.losses);
    const ask = await opened(compiled(toml));
    for (const [request, token, there] of example.cases) {
      const [method = 'GET', url = '/'] = request.split(' ');
      const expected = there === 'passes' ? 'passes' : 'refused';
      const here = await ask({ method, url }, token);
      // What some origin may read in another way is told of for every import.
      const outcome = there === 'stricter' && here === 'ambiguous' ? 'refused' : here;
      expect(outcome, `${request} ${JSON.stringify(token)}\n${told}`).toBe(expected);
    }
    if (example.cases.some(([, , there]) => there === 'stricter')) expect(losses.length).toBeGreaterThan(0);
  });

  it('is known by its content', async () => {
    for (const { text } of examples) {
      const { said, terminal } = recordingTerminal({ readFile: async () => text });
      await run(['import', 'peer.yaml'], terminal);
      expect(said.err).toContain(`peer.yaml: ${PEERS[peer]?.title}`);
    }
  });

  it('takes whatever stands in the place of a value, or says where it does not', () => {
    const whole = examples.map(({ text }) => documentsOf(peer, text).map(plainValue));
    const value = fc.oneof(
      fc.constantFrom<unknown>(
        null,
        true,
        0,
        -1,
        1.5,
        '',
        '*',
        '/',
        '~(',
        '{',
        '<',
        '[',
        'a=b',
        [],
        {},
        [[]],
        [{}],
      ),
      fc.jsonValue({ maxDepth: 2 }),
    );
    let taken = 0;
    fc.assert(
      fc.property(fc.constantFrom(...whole), fc.nat(), value, (documents, place, replacement) => {
        const text = changed(documents, place, replacement)
          .map((document) => JSON.stringify(document))
          .join('\n---\n');
        const found = PEERS[peer];
        if (found === undefined) throw new Error(peer);
        try {
          const { toml } = importPolicy(found, readYaml(text), {
            origin: undefined,
            audience: undefined,
            source: 'x',
          });
          parse(toml);
          taken += 1;
        } catch (error) {
          if (!(error instanceof SourceFault)) throw error;
        }
      }),
      { numRuns: 400 },
    );
    expect(taken).toBeGreaterThan(40);
  });
});

/** The documents with another value in one place, counted in depth first. */
function changed(documents: readonly unknown[], place: number, replacement: unknown): readonly unknown[] {
  let count = 0;
  const size = (value: unknown): number =>
    1 +
    (typeof value === 'object' && value !== null
      ? Object.values(value).reduce((sum: number, each) => sum + size(each), 0)
      : 0);
  const at = place % Math.max(1, size(documents));
  const walk = (value: unknown): unknown => {
    if (count++ === at) return replacement;
    if (Array.isArray(value)) return value.map(walk);
    if (typeof value !== 'object' || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, walk(each)]));
  };
  return documents.map(walk);
}
