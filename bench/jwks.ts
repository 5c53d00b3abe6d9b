import { createServer } from 'node:http';
import { loadTokens } from './tokens.ts';

/** The issuer's JWKS endpoint. Prints its port. */
const { jwks } = await loadTokens(1, () => {});
const body = JSON.stringify(jwks);
const server = createServer((_request, response) => {
  response.writeHead(200, { 'Content-Type': 'application/json', 'Cache-Control': 'max-age=600' });
  response.end(body);
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (typeof address === 'object' && address !== null) console.log(address.port);
});
