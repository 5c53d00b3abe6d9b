import { describe, expect, it } from 'vitest';
import { type Region, regionsOf } from '../../../../src/cli/review/regions.ts';
import type { Route, RouteHost } from '../../../../src/core/policy.ts';
import type { Requirement } from '../../../../src/core/requirement.ts';

const NOTHING: Requirement = { kind: 'all', of: [] };

/** As far as regions look at it. */
function route(text: string, methods?: readonly string[], requirement = NOTHING): Route {
  const [, host = '', path = ''] = /^([^/]*)(\/.*)$/.exec(text) ?? [];
  const hosted: RouteHost =
    host === ''
      ? { kind: 'any' }
      : host.startsWith('*.')
        ? { kind: 'wildcard', value: host.slice(2) }
        : { kind: 'exact', value: host };
  const prefix = path.endsWith('/*');
  const value = prefix ? path.slice(0, -2) : path;
  return {
    match: { host: hosted, path: { kind: prefix ? 'prefix' : 'exact', value }, methods },
    access: { requirement },
  } as Route;
}

const textOf = ({ method = 'other', host = 'any', path, example }: Region): string =>
  `${method} ${host}${path} ${example.host}${example.path}`;

describe('regions', () => {
  it('are told apart by path, parameter and method', () => {
    expect(regionsOf([route('/a/*'), route('/a/:id', ['GET'])]).map(textOf)).toEqual([
      'other any/ gateway.example/',
      'other any/a gateway.example/a',
      'GET any/a/:any gateway.example/a/x1',
      'HEAD any/a/:any gateway.example/a/x1',
      'other any/a/:any gateway.example/a/x1',
      'other any/a/:any/* gateway.example/a/x1/x1',
      'other any/a/ gateway.example/a/',
      'other any/* gateway.example/x1',
    ]);
  });

  it('of a host are those that its own routes have a part in', () => {
    const found = regionsOf([route('/a'), route('/b'), route('*.x.test/a/*'), route('y.x.test/b')]).map(
      textOf,
    );
    expect(found.filter((text) => text.includes('x.test'))).toEqual([
      'other *.x.test/ any.x.test/',
      'other *.x.test/a any.x.test/a',
      'other *.x.test/a/* any.x.test/a/x1',
      'other y.x.test/ y.x.test/',
      'other y.x.test/b y.x.test/b',
    ]);
  });

  it('are those of hosts and methods that a requirement asks about, too', () => {
    const asking: Requirement = {
      kind: 'not',
      of: {
        kind: 'any',
        of: [
          { kind: 'method', values: ['POST'] },
          { kind: 'host', values: [{ kind: 'exact', value: 'h.test' }] },
        ],
      },
    };
    const found = regionsOf([route('/*', undefined, asking)]).map(textOf);
    expect(found).toContain('POST any/* gateway.example/x1');
    expect(found).toContain('other h.test/* h.test/x1');
  });

  it('have an example that no pattern has a name for, whatever the patterns', () => {
    const found = regionsOf([
      route('*.example/x1/*'),
      route('gateway.example/a'),
      route('/x2/:id'),
      route('any.example/b'),
    ]);
    const other = found.find(({ host, path }) => host === undefined && path === '/*');
    expect(other?.example.host.endsWith('.example')).toBe(false);
    expect(other?.example.path).toBe('/x1');
    expect(found.find(({ host }) => host === '*.example')?.example.host).not.toBe('any.example');
    expect(new Set(found.map(({ example }) => JSON.stringify(example))).size).toBe(found.length);
  });

  it('are few for many routes: hosts do not multiply with the paths of others', () => {
    const routes = Array.from({ length: 1_000 }, (_, index) =>
      index % 10 === 0
        ? route(`h${index}.test/own/${index}`, ['GET'])
        : route(`/s${index % 30}/p${index}`, ['GET']),
    );
    expect(regionsOf(routes).length).toBeLessThan(6_000);
  });
});
