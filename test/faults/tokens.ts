import { decodeJwt } from 'jose';
import { MACHINE } from '../fixtures/token-service.ts';
import type { Stack } from './stack.ts';
import type { Tally } from './tally.ts';

interface Login {
  access: string;
  refresh: string;
}

/** What one client holds of the token service; each request is counted. */
export class Tokens {
  readonly #stack: Stack;
  readonly #tally: Tally;
  #kept: Login = { access: '', refresh: '' };
  #revoked = '';

  constructor(stack: Stack, tally: Tally) {
    this.#stack = stack;
    this.#tally = tally;
  }

  current = () => this.#kept.access;
  revoked = () => this.#revoked;

  /** Logs in, and has one token revoked. */
  async begin(): Promise<void> {
    this.#kept = await this.#login();
    this.#revoked = (await this.#login()).access;
    await this.revoke();
  }

  async revoke(): Promise<void> {
    const { iss, jti, exp } = decodeJwt(this.#revoked);
    const { status } = await this.#stack.admin('/v1/revocations', {
      issuer: iss,
      jti,
      expires_at: exp,
      reason: 'a fault run',
    });
    if (status >= 300) throw new Error(`the revocation was answered ${status}`);
  }

  /** One use of the refresh token; what is answered 503 is tried with the same one the next time. */
  async renew(): Promise<void> {
    const login = await this.#refresh(this.#kept.refresh);
    if (login !== undefined) this.#kept = login;
  }

  /** An old generation is used again: the login ends. */
  async reuse(): Promise<void> {
    const first = await this.#login();
    const second = await this.#refresh(first.refresh);
    if (second === undefined) throw new Error('a refresh was refused');
    await this.#refresh(second.refresh);
    const { status } = await this.#post('/token', refreshing(first.refresh));
    if (status !== 400) throw new Error(`the reuse was answered ${status}`);
    this.#revoked = second.access;
  }

  /** Ends a login that was begun before. */
  async end(login: Login): Promise<void> {
    await this.#post('/revoke', { token: login.refresh });
  }

  another = () => this.#login();

  async #login(): Promise<Login> {
    const grant_type = 'urn:ietf:params:oauth:grant-type:jwt-bearer';
    const { status, body } = await this.#post('/token', {
      grant_type,
      assertion: await this.#stack.assertion(),
    });
    if (status !== 200) throw new Error(`a login was answered ${status} ${JSON.stringify(body)}`);
    return loginOf(body);
  }

  async #refresh(token: string): Promise<Login | undefined> {
    const { status, body } = await this.#post('/token', refreshing(token));
    return status === 200 ? loginOf(body) : undefined;
  }

  async #post(path: string, form: Readonly<Record<string, string>>) {
    const response = await fetch(`${this.#stack.tokensUrl}${path}`, {
      method: 'POST',
      headers: { authorization: `Basic ${Buffer.from(MACHINE.join(':')).toString('base64')}` },
      body: new URLSearchParams(form),
    });
    const text = await response.text();
    const body = (text === '' ? {} : JSON.parse(text)) as Record<string, unknown>;
    const { status } = response;
    const error = typeof body.error === 'string' ? body.error : status === 503 ? 'unavailable' : '';
    this.#tally.answeredByTokenService(path, error);
    return { status, body };
  }
}

const refreshing = (token: string) => ({ grant_type: 'refresh_token', refresh_token: token });

const loginOf = (body: Readonly<Record<string, unknown>>): Login => ({
  access: String(body.access_token),
  refresh: String(body.refresh_token),
});
