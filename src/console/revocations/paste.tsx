import { useState } from 'preact/hooks';
import type { RevocationKind } from '../../core/revocation.ts';
import { Code } from '../parts/code.tsx';
import { Moment } from '../parts/moment.tsx';
import { dateOf, type ReadToken, readToken, textOf } from '../token/decode.ts';
import { KINDS, type Target } from './entry.ts';

const CLAIMS: readonly (readonly [RevocationKind, (token: ReadToken) => string])[] = [
  ['jti', ({ claims }) => textOf(claims, 'jti')],
  ['sub', ({ claims }) => textOf(claims, 'sub')],
  ['sid', ({ claims }) => textOf(claims, 'sid')],
  ['client_id', ({ claims }) => textOf(claims, 'client_id') || textOf(claims, 'azp')],
  ['kid', ({ header }) => textOf(header, 'kid')],
];

interface Found {
  readonly targets: readonly Target[];
  readonly expiresAt: number | undefined;
}

/** Takes names out of a pasted token. The token itself is dropped at once: it goes into no field, storage or request. */
export function PasteToken({ onPick }: { readonly onPick: (target: Target) => void }) {
  const [found, setFound] = useState<Found | 'unreadable' | undefined>(undefined);
  const take = (field: HTMLTextAreaElement) => {
    if (field.value.trim() === '') return;
    const token = readToken(field.value);
    field.value = '';
    setFound(token === undefined ? 'unreadable' : namesIn(token));
  };
  return (
    <details>
      <summary>Fill in from a token</summary>
      <label for="pasted">Token</label>
      <textarea
        id="pasted"
        rows={2}
        spellcheck={false}
        autocomplete="off"
        autocapitalize="off"
        aria-describedby="pasted-hint"
        onInput={(event) => take(event.currentTarget)}
      />
      <p class="quiet" id="pasted-hint">
        Read in this browser, not verified, and dropped at once: it is neither kept nor sent.
      </p>
      <div role="status">
        {found === 'unreadable' && <p>This is no signed JWT that can be read.</p>}
        {found !== undefined && found !== 'unreadable' && (
          <>
            <p>
              {found.expiresAt === undefined ? (
                'It says no exp.'
              ) : (
                <Moment at={found.expiresAt} as="expiry" />
              )}
              {found.targets.length === 0 && ' It names no issuer, or nothing that can be revoked.'}
            </p>
            <div class="actions">
              {found.targets.map((target) => (
                <button key={target.kind} type="button" onClick={() => onPick(target)}>
                  {KINDS[target.kind].name} <Code>{target.value}</Code>
                </button>
              ))}
            </div>
          </>
        )}
      </div>
    </details>
  );
}

function namesIn(token: ReadToken): Found {
  const issuer = textOf(token.claims, 'iss');
  const targets = CLAIMS.map(([kind, read]) => ({ issuer, kind, value: read(token) }));
  return {
    targets: issuer === '' ? [] : targets.filter(({ value }) => value !== ''),
    expiresAt: dateOf(token.claims, 'exp'),
  };
}
