import { describe, expect, it } from 'vitest';
import { compiled, envWith, problemsOf } from './rules.ts';

const withEvents = (events: unknown) => envWith({}, {}, { GATEWAY: { events } });

describe('which requests are logged', () => {
  it.each([
    [undefined, undefined],
    [{ allowed_share: 0 }, { allowedShare: 0, maxPerSecond: undefined, names: 'portcullis' }],
    [{ max_per_second: 20 }, { allowedShare: 100, maxPerSecond: 20, names: 'portcullis' }],
    [
      { allowed_share: 10, max_per_second: 1 },
      { allowedShare: 10, maxPerSecond: 1, names: 'portcullis' },
    ],
    [{ names: 'opentelemetry' }, { allowedShare: 100, maxPerSecond: undefined, names: 'opentelemetry' }],
  ])('%j', (events, policy) => {
    expect(compiled(withEvents(events)).policy.events).toEqual(policy);
  });

  it.each([
    [{}, 'GATEWAY.events'],
    [{ allowed_share: 100 }, 'GATEWAY.events'],
    [{ allowed_share: 101 }, 'GATEWAY.events.allowed_share'],
    [{ allowed_share: 0.5 }, 'GATEWAY.events.allowed_share'],
    [{ max_per_second: 0 }, 'GATEWAY.events.max_per_second'],
    [{ names: 'portcullis' }, 'GATEWAY.events'],
    [{ names: 'otel' }, 'GATEWAY.events.names'],
    [{ share: 10 }, 'GATEWAY.events.share'],
  ])('refuses %j once, at %s', (events, path) => {
    expect(problemsOf(withEvents(events)).map((problem) => problem.path)).toEqual([path]);
  });
});
