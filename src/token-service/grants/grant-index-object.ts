import { DurableObject } from 'cloudflare:workers';
import type { NumericDate } from '../../core/time.ts';
import type { EndReason } from './family.ts';

/** A grant as an index knows it. */
export type IndexedGrant = {
  readonly id: string;
  /** It is over by then, whatever happens. */
  readonly expiresAt: NumericDate;
  /** Table name of the provider that logged somebody in, and when, by its own clock; null: an assertion did. */
  readonly upstream: string | null;
  readonly loggedInAt: NumericDate | null;
};

interface Bindings {
  readonly GRANTS: { getByName(name: string): { end(why: EndReason): Promise<boolean> } };
}

/** More logins of one subject at once are no person's; the oldest leaves the index then, and lives until it expires. */
const MAX_GRANTS = 500;
/** Ended at once, at most: each is a call to another object. */
const BATCH = 25;
/** A login that began before the provider's logout has come back by then, or never will. */
const LOGOUT_MEMORY_SECONDS = 3_600;

/**
 * The grants of one subject, or of one session at an upstream provider, so that all of them can be ended. An entry is
 * written before its grant is. What has ended or expired may still be listed: ending it again changes nothing.
 */
export class GrantIndexObject extends DurableObject<Bindings> {
  #now(): NumericDate {
    return Date.now() / 1000;
  }

  /** False where the provider has since ended the login that the grant stands on. Repeating it changes nothing. */
  async enter({ id, expiresAt, upstream, loggedInAt }: IndexedGrant): Promise<boolean> {
    const sql = this.#sql();
    if (upstream !== null && loggedInAt !== null) {
      const later = sql.exec(
        'SELECT 1 FROM logouts WHERE upstream = ? AND before >= ?',
        upstream,
        loggedInAt,
      );
      if (later.toArray().length > 0) return false;
    }
    sql.exec('INSERT OR IGNORE INTO grants VALUES (?, ?, ?, ?)', id, expiresAt, upstream, loggedInAt);
    sql.exec(
      'DELETE FROM grants WHERE id IN (SELECT id FROM grants ORDER BY expires_at DESC LIMIT -1 OFFSET ?)',
      MAX_GRANTS,
    );
    await this.#wake();
    return true;
  }

  /** Those that may still live, the newest first. */
  async list(): Promise<readonly IndexedGrant[]> {
    const rows = this.#sql().exec(
      'SELECT * FROM grants WHERE expires_at > ? ORDER BY expires_at DESC',
      this.#now(),
    );
    return rows.toArray().map((row) => ({
      id: String(row.id),
      expiresAt: Number(row.expires_at),
      upstream: row.upstream === null ? null : String(row.upstream),
      loggedInAt: row.logged_in_at === null ? null : Number(row.logged_in_at),
    }));
  }

  /** Ends every grant. False when one is not known to have ended: to be repeated. */
  async endAll(why: EndReason): Promise<boolean> {
    return await this.#end(
      (await this.list()).map(({ id }) => id),
      why,
    );
  }

  /**
   * Ends the grants that stand on logins at this provider up to then, by its clock; a login of that time that arrives
   * later is refused. False when one is not known to have ended: to be repeated.
   */
  async endLogins(upstream: string, before: NumericDate): Promise<boolean> {
    this.#sql().exec(
      'INSERT INTO logouts VALUES (?1, ?2, ?3) ON CONFLICT (upstream) DO UPDATE SET before = max(before, ?2), kept_until = ?3',
      upstream,
      before,
      this.#now() + LOGOUT_MEMORY_SECONDS,
    );
    await this.#wake();
    const hit = (await this.list()).filter(
      (grant) => grant.upstream === upstream && grant.loggedInAt !== null && grant.loggedInAt <= before,
    );
    return await this.#end(
      hit.map(({ id }) => id),
      'logged_out',
    );
  }

  override async alarm(): Promise<void> {
    const now = this.#now();
    const sql = this.#sql();
    sql.exec('DELETE FROM grants WHERE expires_at <= ?', now);
    sql.exec('DELETE FROM logouts WHERE kept_until <= ?', now);
    if (this.#nextChange() === undefined) await this.ctx.storage.deleteAll();
    else await this.#wake();
  }

  async #end(ids: readonly string[], why: EndReason): Promise<boolean> {
    let all = true;
    for (let first = 0; first < ids.length; first += BATCH) {
      const batch = ids.slice(first, first + BATCH);
      const ended = await Promise.all(
        batch.map((id) =>
          this.env.GRANTS.getByName(id)
            .end(why)
            .catch(() => false),
        ),
      );
      for (const [index, id] of batch.entries()) {
        if (ended[index]) this.#sql().exec('DELETE FROM grants WHERE id = ?', id);
        else all = false;
      }
    }
    return all;
  }

  #sql(): SqlStorage {
    const { sql } = this.ctx.storage;
    sql.exec(
      'CREATE TABLE IF NOT EXISTS grants (id TEXT PRIMARY KEY, expires_at REAL NOT NULL, upstream TEXT, logged_in_at REAL)',
    );
    sql.exec(
      'CREATE TABLE IF NOT EXISTS logouts (upstream TEXT PRIMARY KEY, before REAL NOT NULL, kept_until REAL NOT NULL)',
    );
    return sql;
  }

  #nextChange(): NumericDate | undefined {
    const rows = this.#sql().exec(
      'SELECT min(at) AS at FROM (SELECT expires_at AS at FROM grants UNION ALL SELECT kept_until FROM logouts)',
    );
    const { at } = rows.one();
    return typeof at === 'number' ? at : undefined;
  }

  async #wake(): Promise<void> {
    const at = this.#nextChange();
    if (at !== undefined) await this.ctx.storage.setAlarm(Math.ceil(at * 1000));
  }
}
