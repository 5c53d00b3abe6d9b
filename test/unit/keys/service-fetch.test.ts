import { describe, expect, it } from 'vitest';
import { fetchWithServices, serviceBindings } from '../../../src/keys/service-fetch.ts';

const answering = (name: string, asked: string[]) => ({
  async fetch(url: string) {
    asked.push(`${name} ${url}`);
    return new Response(name);
  },
});

describe('fetchWithServices', () => {
  it.each([
    ['https://id.example/jwks', 'network https://id.example/jwks'],
    ['service:KEYS/jwks.json?a=b', 'KEYS https://keys.internal/jwks.json?a=b'],
    ['service:MY_KEYS/', 'MY_KEYS https://my_keys.internal/'],
  ])('%s asks %s', async (url, expected) => {
    const asked: string[] = [];
    const services = new Map([
      ['KEYS', answering('KEYS', asked)],
      ['MY_KEYS', answering('MY_KEYS', asked)],
    ]);
    await fetchWithServices(answering('network', asked).fetch, services)(url, {});
    expect(asked).toEqual([expected]);
  });

  it('fails for a binding that is not there, and asks nobody', async () => {
    const asked: string[] = [];
    const fetching = fetchWithServices(answering('network', asked).fetch, new Map())('service:KEYS/x', {});
    await expect(fetching).rejects.toThrow('no such service binding');
    expect(asked).toEqual([]);
  });

  it('takes for services what can be asked', () => {
    const service = answering('KEYS', []);
    expect([...serviceBindings({ KEYS: service, TEXT: 'x', NOTHING: null, TABLE: {} }).keys()]).toEqual([
      'KEYS',
    ]);
  });
});
