import { execFile } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { REPOSITORY } from '../fixtures/bundle.ts';

/** This Node without what Node 20 has not; the package itself is tried on Node 20 by `npm run test:package`. */
const WITHOUT = 'delete Map.groupBy; delete Set.prototype.isDisjointFrom; delete URL.parse;';

it('portcullis check needs nothing of ECMAScript that Node 20 lacks', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'portcullis-older-'));
  try {
    writeFileSync(join(folder, 'without.cjs'), WITHOUT);
    const issuer = (audience: string, type: string) =>
      `issuer = "https://id.acme.example"\naudience = "${audience}"\ntypes = ["${type}"]\n`;
    const store = `[[durable_objects.bindings]]\nname = "REVOCATIONS"\nclass_name = "RevocationObject"\n`;
    writeFileSync(
      join(folder, 'wrangler.toml'),
      `main = "src/gateway/worker.ts"\n${store}
[vars.ISSUERS.people]\n${issuer('https://api.acme.example', 'at+jwt')}
[vars.ISSUERS.services]\n${issuer('https://batch.acme.example', 'jwt')}
[vars.ROUTES.orders]
path = "/api/orders/*"
strip_prefix = "/api"
origin = "https://orders.internal.example"
issuers = ["people", "services"]
cors = { origins = ["https://app.acme.example"] }
`,
    );
    writeFileSync(
      join(folder, 'wrangler.control.toml'),
      `main = "src/control/worker.ts"\n${store}script_name = "portcullis"
[vars.CONTROL.admins.people]
issuer = "people"
audience = "https://control.acme.example"
[vars.ISSUERS.people]\n${issuer('https://api.acme.example', 'at+jwt')}
`,
    );
    const cli = join(REPOSITORY, 'src/cli/portcullis.ts');
    const args = ['--require', join(folder, 'without.cjs'), cli, 'check', '--deploy'];
    const said = await promisify(execFile)(process.execPath, args, { cwd: folder }).then(
      ({ stdout, stderr }) => stdout + stderr,
      (error: { stdout: string; stderr: string }) => error.stdout + error.stderr,
    );
    expect(said).toContain('wrangler.toml: 1 route, 2 issuers');
    expect(said).toContain('wrangler.control.toml: ');
    expect(said).not.toContain('TypeError');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
