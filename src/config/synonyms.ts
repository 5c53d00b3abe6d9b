/** What other gateways and libraries call a key, by its letters alone, and what it may be called here. */
const SYNONYMS: Readonly<Record<string, readonly string[]>> = {
  anonymous: ['authentication'],
  auth: ['authentication'],
  backchannel: ['logout'],
  backend: ['origin'],
  certificate: ['pem'],
  clockskew: ['clock_tolerance'],
  every: ['interval'],
  failopen: ['on_unavailable'],
  leeway: ['clock_tolerance'],
  permissions: ['scope'],
  public: ['authentication'],
  publickey: ['pem'],
  roles: ['require'],
  secret: ['hmac_secret', 'client_secret'],
  skew: ['clock_tolerance'],
  strippath: ['strip_prefix'],
  target: ['origin'],
  upstream: ['origin'],
  url: ['origin'],
  value: ['equals'],
};

/** The key that is meant by another product's name, where there is such a key. */
export function synonymOf(key: string, known: readonly string[]): string | undefined {
  const name = key.toLowerCase().replace(/[^a-z]/g, '');
  const synonyms = Object.hasOwn(SYNONYMS, name) ? SYNONYMS[name] : undefined;
  return synonyms?.find((synonym) => known.includes(synonym));
}
