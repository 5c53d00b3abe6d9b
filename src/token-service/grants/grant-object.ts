import { DurableObject } from 'cloudflare:workers';
import type { JsonObject } from '../../core/jose.ts';
import type { NumericDate } from '../../core/time.ts';
import { createSealer, type Sealer } from '../../signing-keys/sealing.ts';
import type { ServiceBindings } from '../bindings.ts';
import { policyOf } from '../configured.ts';
import { type ObjectTelemetry, objectTelemetry } from '../counting.ts';
import { denyListFrom } from '../deny-list-binding.ts';
import { KEYRING_NAME } from '../keyring/keyring-namespace.ts';
import type { ServicePolicy } from '../policy.ts';
import { type DenyList, denySession, grantStatus } from './deny-list.ts';
import {
  awaitingCode,
  type EndReason,
  end,
  FIRST_GENERATION,
  newestUntil,
  opened,
  redeem,
  refresh,
  type Step,
} from './family.ts';
import { enterIndexes } from './grant-index.ts';
import { GrantStorage } from './grant-storage.ts';
import {
  GRANT_SECRET,
  type GrantToken,
  isAuthentic,
  readGrantToken,
  writeCode,
  writeRefreshToken,
} from './grant-token.ts';
import { issueForGrant } from './issue-for-grant.ts';
import { newGrant } from './new-grant.ts';
import { verifierHolds } from './pkce.ts';
import {
  type CodeBinding,
  type GrantAnswer,
  type GrantFacts,
  type GrantRecord,
  type GrantView,
  refused,
  type TokenAsk,
} from './record.ts';
import { tellEnd } from './tell-end.ts';

/**
 * One grant: a login of one client, and the family of refresh tokens it began. What a step needs from elsewhere (the
 * deny-list's answer, a signature) is fetched first; then the state as it is by then is read, changed and written in
 * one go. So a failure leaves the grant as it was, and an answer leaves only when the change behind it is stored.
 * Its callers are this Worker's other parts: a client has been authenticated when `ask` names it.
 */
export class GrantObject extends DurableObject<ServiceBindings> {
  readonly #policy: ServicePolicy;
  readonly #sealer: Sealer;
  readonly #telemetry: ObjectTelemetry;
  readonly #denyList: DenyList | undefined;
  readonly #storage: GrantStorage;
  readonly #now = (): NumericDate => Date.now() / 1000;
  /** Ended by an index while it was being made. */
  #endedUnmade = false;

  constructor(state: DurableObjectState, env: ServiceBindings) {
    super(state, env);
    this.#policy = policyOf(env);
    this.#sealer = createSealer(this.#policy.sealing, 'grants');
    this.#telemetry = objectTelemetry(env, state, this.#now);
    this.#denyList = denyListFrom(env, this.#now, this.#telemetry.emit);
    this.#storage = new GrantStorage(state.storage, this.#policy);
  }

  /** A new grant that waits for its code to be used. Gives the code; null where the login has been ended since. */
  async begin(id: string, facts: GrantFacts, code: CodeBinding): Promise<string | null> {
    const family = awaitingCode(this.#now());
    const { record, secret } = await newGrant({ id, facts, code, family }, this.#sealer);
    const text = await writeCode(id, secret);
    if (!(await this.#index(record))) return null;
    return (await this.#create(record)) ? text : null;
  }

  /** A new grant without a code, by an assertion; refused where the grant is there already, by the same assertion. */
  async open(id: string, facts: GrantFacts, ask: TokenAsk): Promise<GrantAnswer> {
    const family = opened(this.#now());
    const { record, secret } = await newGrant({ id, facts, code: null, family }, this.#sealer);
    const issued = await this.#issue(record, ask);
    if (!issued.granted) return issued;
    if (!(await this.#index(record))) return refused('invalid_grant');
    const refreshToken = facts.refreshable ? await writeRefreshToken(id, FIRST_GENERATION, secret) : null;
    return (await this.#create(record)) ? { ...issued, refreshToken } : refused('invalid_grant');
  }

  /** Uses the code. A wrong client, redirect URI or verifier leaves it as it was: it is not theirs to spend. */
  async redeem(text: string, ask: TokenAsk, redirectUri: string, verifier: string): Promise<GrantAnswer> {
    const found = await this.#authentic(text, 'code', ask.clientId);
    if (found === undefined || found.record.code === null) return refused('invalid_grant');
    const { code } = found.record;
    if (code.redirectUri !== redirectUri || !(await verifierHolds(verifier, code.challenge))) {
      return refused('invalid_grant');
    }
    return await this.#step(found.secret, ask, (record, now) =>
      redeem(record.family, this.#policy.family, now),
    );
  }

  /** Uses a refresh token. */
  async refresh(text: string, ask: TokenAsk): Promise<GrantAnswer> {
    const found = await this.#authentic(text, 'refresh', ask.clientId);
    if (found === undefined || found.token.kind !== 'refresh') return refused('invalid_grant');
    const { generation } = found.token;
    return await this.#step(found.secret, ask, (record, now) =>
      refresh(record.family, generation, this.#policy.family, now),
    );
  }

  /**
   * Ends the grant; true when the deny-list knows it. Otherwise the alarm goes on trying, and the caller says that it is
   * not done yet.
   */
  async end(why: EndReason): Promise<boolean> {
    const record = this.#storage.read();
    this.#endedUnmade = record === undefined;
    return (
      record === undefined ||
      (await this.#finish({ ...record, family: end(record.family, why, this.#now()) }))
    );
  }

  /** RFC 7009 §2.1: by a refresh token of the client's own, of any generation. */
  async revoke(text: string, clientId: string): Promise<boolean> {
    const found = await this.#authentic(text, 'refresh', clientId);
    return found === undefined || (await this.end('revoked'));
  }

  /** Until when a refresh token of the client's is good, and what for; null when it is not, as a refresh would find. */
  async introspect(text: string, clientId: string): Promise<GrantView | 'unknown' | null> {
    const found = await this.#authentic(text, 'refresh', clientId);
    if (found === undefined || found.token.kind !== 'refresh') return null;
    const { facts, family, id } = found.record;
    const until = newestUntil(family, found.token.generation, this.#policy.family);
    if (until === null || !facts.refreshable || this.#now() >= until) return null;
    const status = await this.#status(found.record);
    if (status === 'unknown') return status;
    return status === 'active' ? { facts, expiresAt: until, sid: id } : null;
  }

  override async alarm(): Promise<void> {
    const record = this.#storage.read();
    const now = this.#now();
    if (record?.denyPending) await this.#finish(record);
    else if (record === undefined || this.#storage.isForgettable(record, now)) await this.#storage.forget();
    else await this.#storage.wake(record, now);
  }

  async #step(
    secret: CryptoKey,
    ask: TokenAsk,
    take: (record: GrantRecord, now: NumericDate) => Step,
  ): Promise<GrantAnswer> {
    const before = this.#storage.read();
    if (before === undefined) return refused('invalid_grant');
    const preview = take(before, this.#now());
    if (preview.outcome.kind === 'refused') return await this.#refuse(before, preview);
    const status = await this.#status(before);
    if (status === 'unknown') return refused('unavailable');
    if (status === 'revoked') {
      await this.end('subject_revoked');
      return refused('invalid_grant', 'subject_revoked');
    }
    const issued = await this.#issue(before, ask);
    if (!issued.granted) return issued;
    const resealed = this.#sealer.isCurrent(before.secret)
      ? before.secret
      : await this.#sealer.reseal(before.secret, GRANT_SECRET, before.id);
    const record = this.#storage.read();
    if (record === undefined) return refused('invalid_grant');
    const step = take(record, this.#now());
    if (step.outcome.kind === 'refused') return await this.#refuse(record, step);
    const changed = { ...record, secret: resealed, family: step.family };
    await this.#storage.write(changed, this.#now());
    if (!record.facts.refreshable) return issued;
    const refreshToken = await writeRefreshToken(record.id, step.outcome.generation, secret);
    return { ...issued, refreshToken, ...(step.outcome.kind === 'repeated' && { repeated: true }) };
  }

  async #refuse(record: GrantRecord, { family }: Step): Promise<GrantAnswer> {
    if (record.family.phase === 'ended' || family.phase !== 'ended') return refused('invalid_grant');
    await this.#finish({ ...record, family });
    return refused('invalid_grant', family.why);
  }

  async #issue(record: Pick<GrantRecord, 'id' | 'facts'>, ask: TokenAsk): Promise<GrantAnswer> {
    const sign = (claims: JsonObject, type: string): Promise<string> =>
      this.env.KEYRING.getByName(KEYRING_NAME).sign(claims, type);
    return await issueForGrant(record, ask, { policy: this.#policy, sign }, this.#now());
  }

  /** Stores the end and tells the deny-list; true when it knows. Every path to it may be repeated. */
  async #finish(record: GrantRecord): Promise<boolean> {
    const { family, id, facts } = record;
    if (family.phase !== 'ended') throw new TypeError('the grant lives');
    const isNew = this.#storage.read()?.family.phase !== 'ended';
    const denyPending =
      (isNew || record.denyPending) && family.why !== 'expired' && this.#denyList !== undefined;
    const pending = { ...record, denyPending };
    await this.#storage.write(pending, this.#now());
    if (isNew) tellEnd(this.#telemetry, family.why, this.#policy.clients.get(facts.clientId)?.name);
    if (!denyPending || this.#denyList === undefined) return true;
    if (!(await denySession(this.#denyList, this.#policy, { id, why: family.why }, this.#now()))) {
      this.#telemetry.emit({ event: 'grant_end_pending', level: 'error' });
      return false;
    }
    await this.#storage.write({ ...pending, denyPending: false }, this.#now());
    return true;
  }

  async #status({ id, facts, family }: GrantRecord): Promise<'active' | 'revoked' | 'unknown'> {
    if (this.#denyList === undefined || family.phase === 'ended') return 'active';
    return await grantStatus(this.#denyList, this.#policy.issuer, { id, ...facts }, family.startedAt);
  }

  /** The record and the token, when this grant has made it for that client. A token that is not costs no write. */
  async #authentic(
    text: string,
    kind: GrantToken['kind'],
    clientId: string,
  ): Promise<{ record: GrantRecord; token: GrantToken; secret: CryptoKey } | undefined> {
    const record = this.#storage.read();
    const token = readGrantToken(text);
    if (record === undefined || token?.kind !== kind || token.grantId !== record.id) return undefined;
    const secret = await this.#sealer.open(record.secret, GRANT_SECRET, record.id);
    if (!(await isAuthentic(token, secret)) || record.facts.clientId !== clientId) return undefined;
    return { record, token, secret };
  }

  /** A grant that no index knows could not be ended by its subject: it is entered first. False: not any more. */
  async #index({ id, facts }: GrantRecord): Promise<boolean> {
    const expiresAt = this.#now() + this.#policy.family.absoluteSeconds;
    return await enterIndexes(this.env.GRANT_INDEX, { id, facts, expiresAt });
  }

  /** False where the grant is there already: whoever came first has it. */
  async #create(record: GrantRecord): Promise<boolean> {
    if (this.#endedUnmade || this.#storage.read() !== undefined) return false;
    await this.#storage.write(record, this.#now());
    return true;
  }
}
