import { describe, expect, it } from 'vitest';
import type { OperationalEvent } from '../../../src/core/event.ts';
import { toAll } from '../../../src/telemetry/sinks.ts';

const EVENT: OperationalEvent = { event: 'jwks_refreshed', level: 'info' };

describe('sinks', () => {
  it('are all told, once and in order', () => {
    const told: string[] = [];
    const emit = toAll([() => told.push('a'), () => told.push('b')]);
    emit(EVENT);
    emit(EVENT);
    expect(told).toEqual(['a', 'b', 'a', 'b']);
  });

  it('that throw hurt neither the request nor each other', () => {
    const told: unknown[] = [];
    const broken = () => {
      throw new Error('full');
    };
    expect(() => toAll([broken, (event) => told.push(event), broken])(EVENT)).not.toThrow();
    expect(told).toEqual([EVENT]);
  });

  it('may be none', () => expect(() => toAll([])(EVENT)).not.toThrow());
});
