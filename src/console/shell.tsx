import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { visibleText } from '../core/visible-text.ts';
import { linkTo, useAddress } from './address.ts';
import type { Session } from './open-session.ts';
import { PAGES } from './pages.ts';
import { Guarded } from './parts/guarded.tsx';
import { SurroundingsContext } from './session.ts';

/** Everything around a page: who is logged in, where one can go, and what is said aloud. */
export function Shell({ session }: { readonly session: Session }) {
  const { path } = useAddress();
  const [spoken, setSpoken] = useState('');
  const heading = useRef<HTMLHeadingElement>(null);
  const mayWrite = session.caller.may.includes('write');
  const surroundings = useMemo(() => ({ session, mayWrite, announce: setSpoken }), [session, mayWrite]);
  const page = PAGES.find((each) => each.path === path) ?? PAGES[0];
  const title = page?.title ?? '';
  const before = useRef(title);
  useEffect(() => {
    document.title = `${title} · Portcullis`;
    // As a browser does for a new page: whoever reads by ear begins at its heading.
    if (before.current !== title) heading.current?.focus();
    before.current = title;
  }, [title]);
  return (
    <SurroundingsContext.Provider value={surroundings}>
      <button type="button" class="skip" onClick={() => heading.current?.focus()}>
        Skip to the page
      </button>
      <header class="top">
        <span class="brand">
          <span class="mark" aria-hidden="true" /> Portcullis
        </span>
        <nav aria-label="Pages">
          {PAGES.map((each) => (
            <a key={each.path} href={linkTo(each.path)} aria-current={each === page ? 'page' : undefined}>
              {each.title}
            </a>
          ))}
        </nav>
        <span class="who">
          <span class="caller" title={visibleText(session.caller.caller ?? '') || undefined}>
            {visibleText(session.caller.caller ?? session.caller.admin)}
          </span>
          <span class="role">{mayWrite ? 'operator' : 'read-only'}</span>
          <button type="button" class="plain" onClick={session.end}>
            Log out
          </button>
        </span>
      </header>
      <main id="main">
        <h1 ref={heading} tabIndex={-1}>
          {title}
        </h1>
        {page && (
          <Guarded key={page.path}>
            <page.view />
          </Guarded>
        )}
      </main>
      <div class="unseen" role="status" aria-live="polite">
        {spoken}
      </div>
    </SurroundingsContext.Provider>
  );
}
