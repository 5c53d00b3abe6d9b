import { UnauthorizedError } from '@modelcontextprotocol/sdk/client/auth.js';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { ScriptedServer } from '../fixtures/http-faults.ts';
import { freePort, type LoopbackPort } from '../fixtures/loopback-port.ts';
import { ClientMemory, startMcpAuthorizationServer, startMcpServer } from '../fixtures/mcp.ts';
import { LoginBrowser } from '../fixtures/openid-session.ts';
import { type Gateway, startGateway } from '../fixtures/workerd.ts';

let authorizationServer: ScriptedServer;
let mcpServer: LoopbackPort;
let gateway: Gateway;
let resource: string;

beforeAll(async () => {
  const port = await freePort();
  resource = `http://127.0.0.1:${port}/mcp`;
  [authorizationServer, mcpServer] = await Promise.all([
    startMcpAuthorizationServer(resource),
    startMcpServer(),
  ]);
  gateway = await startGateway({
    port,
    vars: {
      ISSUERS: {
        login: {
          issuer: authorizationServer.url,
          audience: resource,
          algorithms: ['ES256'],
          profile: 'rfc9068',
        },
      },
      ROUTES: {
        mcp: {
          path: '/mcp/*',
          origin: mcpServer.url,
          issuers: ['login'],
          scope: ['tools:call'],
          headers: { 'X-User-Id': 'sub' },
          resource_metadata: { resource, resource_name: 'Whoami' },
        },
      },
    },
  });
});

afterAll(async () => {
  await gateway?.stop();
  await Promise.all([authorizationServer?.stop(), mcpServer?.stop()]);
});

/** The SDK's optional members are typed without `undefined`. */
const connect = async (authProvider: ClientMemory) => {
  const transport = new StreamableHTTPClientTransport(new URL(resource), { authProvider });
  const client = new Client({ name: 'a client', version: '1.0.0' });
  return { client, transport, connected: client.connect(transport as Parameters<Client['connect']>[0]) };
};

describe('an MCP client that knows nothing but the URL of the server', () => {
  it('finds out where to log in, gets a token for this server, and calls a tool as its user', async () => {
    const memory = new ClientMemory();
    const first = await connect(memory);
    await expect(first.connected).rejects.toThrow(UnauthorizedError);

    const asked = memory.asked?.searchParams;
    expect(memory.asked?.origin).toBe(new URL(authorizationServer.url).origin);
    expect([asked?.get('resource'), asked?.get('scope')]).toEqual([resource, 'tools:call']);

    const browser = new LoginBrowser(memory.redirectUrl);
    await first.transport.finishAuth(await browser.logIn(String(memory.asked), 'ada'));

    const second = await connect(memory);
    await second.connected;
    expect((await second.client.listTools()).tools.map(({ name }) => name)).toEqual(['whoami']);
    const { content } = await second.client.callTool({ name: 'whoami' });
    expect(content).toEqual([{ type: 'text', text: JSON.stringify({ user: 'ada', authorization: null }) }]);
    await second.client.close();

    const told = (name: string) =>
      gateway
        .logs()
        .filter(({ event, route }) => event === 'request' && route === name)
        .map(({ status }) => status);
    await expect.poll(() => told('mcp')).toContain(200);
    expect(new Set(told('portcullis.resource-metadata'))).toEqual(new Set([200]));
    expect(told('mcp')[0]).toBe(401);
    expect(authorizationServer.received).toContain('POST /reg');
  });
});
