import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startBrowser, type TestBrowser, under } from '../fixtures/browser.ts';
import { type Deployment, startDeployment } from '../fixtures/deployment.ts';
import { echo, type OriginResponder, reply } from '../fixtures/origin.ts';

const SESSION = '__Host-session=abc; Path=/; Secure; HttpOnly; SameSite=Lax';

const site: OriginResponder = (socket, request) =>
  request.target === '/public/page'
    ? reply(200, [
        ['Content-Type', 'text/html'],
        ['Set-Cookie', SESSION],
      ])(socket, request)
    : echo(socket, request);

let deployment: Deployment;
let browser: TestBrowser;
let page: string;

beforeAll(async () => {
  [deployment, browser] = await Promise.all([startDeployment(), startBrowser()]);
  deployment.origin.respondWith(site);
  page = `${under('localhost', deployment.gateway)}/public/page`;
});

afterAll(async () => {
  await Promise.all([browser.stop(), deployment.stop()]);
});

describe('a page behind the gateway', () => {
  it('calls a guarded route: 401 without a token, the origin with one', async () => {
    const tab = await browser.page();
    await tab.goto(page);
    const call = (headers: Record<string, string>) =>
      tab.evaluate(async (sent) => {
        const response = await fetch('/orders/1', { headers: sent });
        return [response.status, response.headers.get('www-authenticate')];
      }, headers);
    expect(await call({})).toEqual([401, 'Bearer realm="api"']);
    const token = await deployment.issuer.sign({ scope: 'orders:read' });
    expect(await call({ authorization: `Bearer ${token}` })).toEqual([200, null]);
  });

  it('is given a __Host- cookie by its origin, as on https, and sends it back unseen by its scripts', async () => {
    const tab = await browser.page();
    await tab.goto(page);
    expect(await tab.evaluate(() => [isSecureContext, document.cookie])).toEqual([true, '']);
    const seen = await tab.evaluate(async () => (await fetch('/public/echo')).text());
    expect(JSON.parse(seen)).toMatchObject({
      headers: expect.arrayContaining([['Cookie', '__Host-session=abc']]),
    });
    const [stored] = await tab.context().cookies();
    expect(stored).toMatchObject({ name: '__Host-session', secure: true, httpOnly: true });
  });

  it('shares nothing with another visitor', async () => {
    const first = await browser.page();
    await first.goto(page);
    const second = await browser.page();
    await second.goto(`${under('localhost', deployment.gateway)}/public/echo`);
    expect(await first.context().cookies()).toHaveLength(1);
    expect(await second.textContent('body')).not.toContain('__Host-session');
  });

  it('reaches loopback alone', async () => {
    const tab = await browser.page();
    await expect(tab.goto('http://example.com/')).rejects.toThrow('ERR_NAME_NOT_RESOLVED');
  });
});
