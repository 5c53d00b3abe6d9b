import { receive } from '../../../src/core/received-request.ts';
import { forwardIdentity } from '../../../src/origin/identity.ts';
import { proxy } from '../../../src/origin/proxy.ts';
import { anUpstream } from '../../fixtures/policies.ts';
import { strippedHeaders } from './inputs.ts';

/** What is pending in waitUntil, and far less than the route's timeout. */
const PENDING_MS = 500;

interface Env {
  readonly ORIGIN: string;
}

export default {
  async fetch(request, env, context) {
    const { pathname } = new URL(request.url);
    if (pathname === '/.portcullis/health') return new Response('ok');
    context.waitUntil(scheduler.wait(PENDING_MS));
    const upstream = anUpstream({ origin: { kind: 'url', origin: env.ORIGIN }, timeoutMs: 100 * PENDING_MS });
    const { headers } = forwardIdentity(strippedHeaders({}), [], undefined);
    const target = { path: pathname, search: '' };
    const result = await proxy({ received: receive(request), target, headers, upstream, fetcher: undefined });
    console.log(JSON.stringify(result.ok ? { status: result.value.status } : result.error));
    return result.ok ? result.value : new Response(null, { status: 502 });
  },
} satisfies ExportedHandler<Env>;
