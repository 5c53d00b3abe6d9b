import { describe, expect, it } from 'vitest';
import { compiled, envWith, problemsOf, type Table } from './rules.ts';

const PAGE = 'https://app.example.com';

describe('the cors table of a route', () => {
  it.each<[string, Table, string, string]>([
    ['no origins', { cors: {} }, 'cors.origins', 'a list of origins'],
    ['an empty list', { cors: { origins: [] } }, 'cors.origins', 'at least one'],
    ['a path', { cors: { origins: [`${PAGE}/x`] } }, 'cors.origins[0]', `did you mean "${PAGE}"?`],
    ['null', { cors: { origins: ['null'] } }, 'cors.origins[0]', 'sandboxed'],
    [
      'http',
      { cors: { origins: ['http://app.example.com'] } },
      'cors.origins[0]',
      'http only to this machine',
    ],
    ['* among others', { cors: { origins: ['*', PAGE] } }, 'cors.origins', 'alone'],
    ['* with cookies', { cors: { origins: ['*'], credentials: true } }, 'cors.credentials', 'by name'],
    ['no such method', { cors: { origins: [PAGE], methods: ['GET', 'Post'] } }, 'cors.methods[1]', '"POST"'],
    [
      'a method of another route',
      { methods: ['GET'], cors: { origins: [PAGE], methods: ['HEAD', 'PUT'] } },
      'cors.methods[1]',
      '"GET", "HEAD"',
    ],
    ['every header', { cors: { origins: [PAGE], headers: ['*'] } }, 'cors.headers[0]', 'no "*"'],
    ['two in one', { cors: { origins: [PAGE], headers: ['A, B'] } }, 'cors.headers[0]', 'a header name'],
    [
      'exposing everything',
      { cors: { origins: [PAGE], expose_headers: ['*'] } },
      'cors.expose_headers[0]',
      'no "*"',
    ],
    ['two days', { cors: { origins: [PAGE], max_age: '2d' } }, 'cors.max_age', '"1d"'],
    ['another way for preflights', { cors: { origins: [PAGE] }, preflight: 'origin' }, 'preflight', 'itself'],
    ['that way by its default', { cors: { origins: [PAGE] }, preflight: 'reject' }, 'preflight', 'itself'],
    ['a misspelt key', { cors: { origin: [PAGE] } }, 'cors.origin', 'did you mean "origins"?'],
  ])('%s', (_, route, path, words) => {
    const problems = problemsOf(envWith({}, route));
    expect(problems.map((problem) => problem.path)).toEqual([`ROUTES.orders.${path}`]);
    expect(Object.values(problems[0] ?? {}).join(' | ')).toContain(words);
  });

  it('is one answer for a path, or the origin is asked', () => {
    const others = {
      ROUTES_MORE: {
        options: {
          path: '/orders/*',
          origin: 'https://o.example',
          methods: ['OPTIONS'],
          preflight: 'origin',
        },
      },
    };
    const problems = problemsOf(envWith({}, { methods: ['GET'], cors: { origins: [PAGE] } }, others));
    expect(problems.map(({ path }) => path)).toEqual(['ROUTES_MORE.options.preflight']);
    expect(problems[0]?.found).toContain('ROUTES.orders');
  });

  it('compiles into header values', () => {
    const cors = {
      origins: [PAGE, 'https://*.example.com'],
      expose_headers: ['ETag', 'Retry-After'],
      max_age: '1h',
    };
    const { policy } = compiled(envWith({}, { methods: ['GET', 'POST'], cors }));
    expect(policy.routes[0]?.cors).toEqual({
      origins: { exact: new Set([PAGE]), wildcards: [{ before: 'https://', after: '.example.com' }] },
      methods: new Set(['GET', 'HEAD', 'POST']),
      allowMethods: 'GET, HEAD, POST',
      allowHeaders: 'Authorization, Content-Type',
      exposeHeaders: 'ETag, Retry-After, WWW-Authenticate',
      credentials: false,
      maxAge: '3600',
    });
  });

  it('is nothing where it is left out', () => {
    expect(compiled(envWith()).policy.routes[0]?.cors).toBeUndefined();
  });
});
