/** What other gateways and libraries call a key, by its letters alone, and what it is called here. */
const SYNONYMS: Readonly<Record<string, string>> = {
  anonymous: 'authentication',
  auth: 'authentication',
  backend: 'origin',
  certificate: 'pem',
  clockskew: 'clock_tolerance',
  failopen: 'on_unavailable',
  leeway: 'clock_tolerance',
  permissions: 'scope',
  public: 'authentication',
  publickey: 'pem',
  roles: 'require',
  skew: 'clock_tolerance',
  strippath: 'strip_prefix',
  target: 'origin',
  upstream: 'origin',
  url: 'origin',
  value: 'equals',
};

/** The key that is meant by another product's name, where there is such a key. */
export function synonymOf(key: string, known: readonly string[]): string | undefined {
  const name = key.toLowerCase().replace(/[^a-z]/g, '');
  const synonym = Object.hasOwn(SYNONYMS, name) ? SYNONYMS[name] : undefined;
  return synonym !== undefined && known.includes(synonym) ? synonym : undefined;
}
