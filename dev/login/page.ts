import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Provider } from 'oidc-provider';
import { readBody } from '../../src/cli/dev/http.ts';

const MAX_FORM_BYTES = 4_096;

const PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Log in</title>
<h1>Log in</h1>
<p>The demo's login provider. It takes your word for it.</p>
<form method="post">
  <label>Name <input name="name" value="alice" maxlength="64" required autofocus></label>
  <button>Log in</button>
</form>
</html>
`;

/** The one page of the demo's provider, and what it sends: a name. An empty one is a refusal. */
export async function serveLoginPage(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  if (request.method !== 'POST') {
    const headers = { 'content-type': 'text/html', 'cache-control': 'no-store' };
    response.writeHead(200, headers).end(PAGE);
    return;
  }
  try {
    const form = new URLSearchParams((await readBody(request, MAX_FORM_BYTES)).toString());
    const name = form.get('name')?.trim() ?? '';
    const result = name === '' ? { error: 'access_denied' } : { login: { accountId: name } };
    await provider.interactionFinished(request, response, result);
  } catch {
    // A login that was begun elsewhere, or too long ago.
    const headers = { 'content-type': 'text/plain' };
    response.writeHead(400, headers).end('This login is over. Begin again at the page you came from.\n');
  }
}
