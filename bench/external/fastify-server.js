/*
 * Fastify in front of the origin, with or without verification. JavaScript, so that checking the types of this
 * repository does not ask for packages that only this contender needs.
 */
import { readFileSync } from 'node:fs';
import proxy from '@fastify/http-proxy';
import { createVerifier } from 'fast-jwt';
import fastify from 'fastify';

const options = JSON.parse(readFileSync(process.argv[2], 'utf8'));
const server = fastify({ logger: false, keepAliveTimeout: 60_000 });
const upstream = { upstream: options.origin, undici: { connections: 64, pipelining: 1 } };

if (options.policy === undefined) {
  server.register(proxy, upstream);
} else {
  const { key, issuer, audience, scope, cache } = options.policy;
  const verify = createVerifier({
    key,
    algorithms: ['RS256'],
    allowedIss: issuer,
    allowedAud: audience,
    requiredClaims: ['exp'],
    cache,
  });
  server.decorateRequest('claims', null);
  server.register(proxy, {
    ...upstream,
    preHandler(request, reply, done) {
      const authorization = request.headers.authorization ?? '';
      if (!authorization.startsWith('Bearer ')) return reply.code(401).send({ error: 'invalid_request' });
      try {
        request.claims = verify(authorization.slice(7));
      } catch {
        return reply.code(401).send({ error: 'invalid_token' });
      }
      if (!String(request.claims.scope).split(' ').includes(scope)) {
        return reply.code(403).send({ error: 'insufficient_scope' });
      }
      done();
    },
    replyOptions: {
      rewriteRequestHeaders: ({ claims }, headers) => ({
        ...headers,
        'x-user-id': claims.sub,
        'x-tenant': claims.org?.tenant_id ?? '',
        'x-roles': JSON.stringify(claims.roles ?? []),
      }),
    },
  });
}

await server.listen({ host: '127.0.0.1', port: options.port });
