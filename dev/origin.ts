import { readFile } from 'node:fs/promises';
import { extname, join } from 'node:path';
import { listen } from '../src/cli/dev/http.ts';
import { answerAsOrigin, type DemoOrigin } from '../src/cli/dev/origin.ts';

const TYPES: Readonly<Record<string, string>> = { '.html': 'text/html', '.js': 'text/javascript' };

/** The demo's origin: the pages of a folder below `/app/`, and an echo of everything else. */
export async function startOriginWithPages(port: number, pages: string): Promise<DemoOrigin> {
  const server = await listen(async (request, response) => {
    const path = (request.url ?? '/').replace(/\?.*$/s, '');
    const [, name] = /^\/app\/(|[a-z][a-z-]*\.(?:html|js))$/.exec(path) ?? [];
    if (name === undefined) return answerAsOrigin(request, response);
    const file = join(pages, name || 'index.html');
    const page = await readFile(file).catch(() => undefined);
    if (page === undefined) return answerAsOrigin(request, response);
    const type = TYPES[extname(file)] ?? 'application/octet-stream';
    response.writeHead(200, { 'content-type': type, 'cache-control': 'no-cache' }).end(page);
  }, port);
  return { url: `http://127.0.0.1:${server.port}`, close: server.close };
}
