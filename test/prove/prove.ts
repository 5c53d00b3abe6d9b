import { decodeJwt } from 'jose';
import { argumentsOrExit } from '../../src/cli/arguments.ts';
import { EXIT } from '../../src/cli/command.ts';
import { MACHINE } from '../fixtures/token-service.ts';
import { startTokenStack } from '../fixtures/token-stack.ts';
import { proofs, type Target } from './proofs.ts';

const USAGE = `Tries to get past the gateway and the token service, and says what happened.

  npm run prove                         against a stack of its own, on free loopback ports

  -- --gateway URL                      against a running one: a protected URL that GET may be sent to
  -- --token-service URL                its token service

PROVE_CLIENT is "id" or "id:secret", and PROVE_REFRESH_TOKENS three refresh tokens of it, with a space between: each
login is used up. PROVE_EXPIRED_TOKEN and PROVE_FOREIGN_TOKEN are tokens with a good signature, one that has expired and
one for another audience. What is not given is not tried, and said so.

Exit codes: 0 everything held, 1 something did not, 2 mistyped, 3 it could not be tried.`;

const values = argumentsOrExit(
  {
    gateway: { type: 'string' },
    'token-service': { type: 'string' },
    help: { type: 'boolean', short: 'h' },
  },
  USAGE,
);

async function main(): Promise<number> {
  if (values.help) {
    console.log(USAGE);
    return EXIT.done;
  }
  const { gateway, 'token-service': service } = values;
  if (gateway === undefined && service !== undefined) {
    console.error('--token-service goes with --gateway.');
    return EXIT.usage;
  }
  for (const url of [gateway, service]) {
    if (url !== undefined && !URL.canParse(url)) {
      console.error('Expected a URL such as https://api.example.com/orders.');
      return EXIT.usage;
    }
  }
  if (gateway !== undefined)
    return await tell(running(new URL(gateway), service === undefined ? undefined : new URL(service)));
  const stack = await startTokenStack({});
  try {
    const claims = async () => decodeJwt((await stack.login()).access_token);
    const signed = async (change: object) =>
      String(await stack.service.object('keyring', 'sign', { ...(await claims()), ...change }, 'at+jwt'));
    const now = Math.floor(Date.now() / 1000);
    // What is refused below is refused for what was changed in it, not for how it was made.
    if ((await stack.at('strict', await signed({}))) !== 200) throw new Error('its tokens are not taken');
    const url = new URL(`${stack.deployment.gateway.url}/strict`);
    return await tell({
      ...running(url, new URL(stack.service.url), MACHINE.join(':')),
      login: async () => {
        const { access_token: access, refresh_token: refresh } = await stack.login();
        return { access, refresh };
      },
      expired: () => signed({ iat: now - 1_800, nbf: now - 1_800, exp: now - 900 }),
      foreign: () => signed({ aud: 'https://other.test' }),
    });
  } finally {
    await stack.stop();
  }
}

/** A stack that somebody else runs, with what the environment gives. */
function running(gateway: URL, service: URL | undefined, client = process.env.PROVE_CLIENT): Target {
  const {
    PROVE_REFRESH_TOKENS: given,
    PROVE_EXPIRED_TOKEN: expired,
    PROVE_FOREIGN_TOKEN: foreign,
  } = process.env;
  const logins = given?.split(/\s+/).filter((token) => token !== '') ?? [];
  const post = async (path: string, form: Record<string, string>) => {
    const [id = '', secret] = (client ?? '').split(':');
    const credentials = Buffer.from(`${id}:${secret}`).toString('base64');
    const response = await fetch(`${service?.origin}${path}`, {
      method: 'POST',
      headers: secret === undefined ? {} : { authorization: `Basic ${credentials}` },
      body: new URLSearchParams(secret === undefined ? { ...form, client_id: id } : form),
    });
    const text = await response.text();
    return { status: response.status, body: text.startsWith('{') ? JSON.parse(text) : {} };
  };
  const refresh = async (token: string) => {
    const { status, body } = await post('/token', { grant_type: 'refresh_token', refresh_token: token });
    return { status, access: body.access_token, refresh: body.refresh_token };
  };
  const asked = service !== undefined && client !== undefined;
  let used = 0;
  return {
    call: async (token) => {
      const headers = token === undefined ? {} : { authorization: `Bearer ${token}` };
      const { status } = await fetch(gateway, { headers, redirect: 'manual' });
      return status;
    },
    login:
      asked && logins.length > 0
        ? async () => {
            const token = logins[used++];
            if (token === undefined) throw new Error('PROVE_REFRESH_TOKENS: three refresh tokens are needed');
            const fresh = await refresh(token);
            if (fresh.status !== 200) throw new Error(`a refresh token was answered ${fresh.status}`);
            return { access: fresh.access, refresh: fresh.refresh };
          }
        : undefined,
    refresh: asked ? refresh : undefined,
    revoke: asked ? async (token) => (await post('/revoke', { token })).status : undefined,
    expired: expired === undefined ? undefined : async () => expired,
    foreign: foreign === undefined ? undefined : async () => foreign,
  };
}

async function tell(target: Target): Promise<number> {
  const count = { held: 0, broken: 0, untried: 0 };
  const words = { held: 'as it should', broken: 'NOT AS IT SHOULD', untried: 'not tried' } as const;
  for await (const { tried, verdict, seen } of proofs(target)) {
    count[verdict] += 1;
    console.log(`${tried}: ${seen}${verdict === 'untried' ? '; not tried' : `, ${words[verdict]}`}.`);
  }
  console.log(`\n${count.held} held, ${count.broken} did not, ${count.untried} not tried.`);
  return count.broken > 0 ? EXIT.failed : EXIT.done;
}

process.exitCode = await main().catch((error: unknown) => {
  console.error(`It could not be tried: ${error instanceof Error ? error.message : 'a failure'}.`);
  return EXIT.unavailable;
});
