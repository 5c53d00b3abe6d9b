import type { FetchDocument } from './port.ts';

/** What answers behind a service binding. */
export interface Service {
  fetch(url: string, init: RequestInit): Promise<Response>;
}

/** Every service among a Worker's bindings, by name. */
export const serviceBindings = (bindings: object): ReadonlyMap<string, Fetcher> =>
  new Map(Object.entries(bindings).filter((entry): entry is [string, Fetcher] => isFetcher(entry[1])));

const isFetcher = (value: unknown): value is Fetcher =>
  typeof value === 'object' && value !== null && 'fetch' in value && typeof value.fetch === 'function';

const ADDRESS = /^service:(\w+)(\/.*)$/;

/** `fetch` that also knows `service:BINDING/path`: the Worker behind the binding is asked, and nothing crosses a network. */
export const fetchWithServices =
  (fetch: FetchDocument, services: ReadonlyMap<string, Service>): FetchDocument =>
  async (url, init) => {
    const [, binding = '', path = ''] = ADDRESS.exec(url) ?? [];
    if (binding === '') return fetch(url, init);
    const service = services.get(binding);
    if (service === undefined) throw new TypeError('no such service binding');
    return service.fetch(`https://${binding.toLowerCase()}.internal${path}`, init);
  };
