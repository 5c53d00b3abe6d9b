import { mkdir, readFile, rename, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { gzipSync } from 'node:zlib';
import { type BuildResult, build } from 'esbuild';

/**
 * Builds the console that control serves (src/console) into a module of strings that its Worker imports. That module is
 * git-ignored: `npm ci`, wrangler's `[build]`, the types' check and the package's build all run this, and it writes only
 * what has changed, so that a watcher comes to rest.
 */
const root = resolve(import.meta.dirname, '..');
const source = join(root, 'src/console');
const target = join(root, 'src/control/console/bundle.ts');

const MEDIA_TYPES: Readonly<Record<string, string>> = {
  js: 'text/javascript; charset=utf-8',
  css: 'text/css; charset=utf-8',
  svg: 'image/svg+xml',
};

type Built = BuildResult<{ write: false; metafile: true }>;

async function bundle(): Promise<Built> {
  try {
    return await build({
      entryPoints: {
        app: join(source, 'main.tsx'),
        style: join(source, 'style.css'),
        icon: join(source, 'icon.svg'),
      },
      absWorkingDir: root,
      outdir: join(root, 'dist/console'),
      entryNames: '[name]-[hash]',
      bundle: true,
      minify: true,
      format: 'esm',
      target: 'es2023',
      jsx: 'automatic',
      jsxImportSource: 'preact',
      loader: { '.svg': 'copy' },
      write: false,
      metafile: true,
      logLevel: 'error',
    });
  } catch (cause) {
    throw new Error('The console does not build. Where a package is missing, "npm ci" brings it.', { cause });
  }
}

const { outputFiles, metafile } = await bundle();
const names = Object.fromEntries(
  Object.entries(metafile.outputs).map(([path, { entryPoint = '', inputs }]) => [
    basename(entryPoint === '' ? (Object.keys(inputs)[0] ?? '') : entryPoint),
    basename(path),
  ]),
);
const nameOf = (entry: string): string => {
  const name = names[entry];
  if (name === undefined) throw new Error(`nothing was built of ${entry}`);
  return name;
};
const page = (await readFile(join(source, 'page.html'), 'utf8')).replace(
  /\{\{(.+?)\}\}/g,
  (_, entry: string) => nameOf(entry),
);
const files = Object.fromEntries(
  outputFiles.map(({ path, text }) => {
    const name = basename(path);
    return [name, { type: MEDIA_TYPES[name.slice(name.lastIndexOf('.') + 1)] ?? '', body: text }];
  }),
);

const text = [
  '/** Made from src/console by `npm run console`. */',
  `export const PAGE: string = ${JSON.stringify(page)};`,
  `export const FILES: Readonly<Record<string, { readonly type: string; readonly body: string }>> = ${JSON.stringify(files)};`,
  '',
].join('\n');
if ((await readFile(target, 'utf8').catch(() => '')) !== text) {
  // Several builds may run at once; none may see half a file.
  await mkdir(dirname(target), { recursive: true });
  await writeFile(`${target}.${process.pid}`, text);
  await rename(`${target}.${process.pid}`, target);
}
if (process.argv.includes('--size')) {
  const bodies = [page, ...outputFiles.map((file) => file.text)];
  const gzipped = bodies.reduce((sum, body) => sum + gzipSync(body, { level: 9 }).length, 0);
  console.log(
    `console: ${bodies.reduce((sum, body) => sum + Buffer.byteLength(body), 0)} bytes, ${gzipped} gzipped`,
  );
}
