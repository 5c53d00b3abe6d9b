/** The Worker around the unit tests: it exists to define the Durable Object class they reach by its binding. */
export { RevocationObject } from '../../src/revocation/durable-object.ts';

export default { fetch: () => new Response(null, { status: 404 }) };
