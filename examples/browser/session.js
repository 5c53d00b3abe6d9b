// A session in cookies that no script reads: log in, call, refresh silently, log out. No framework, nothing to build.

const REFRESHED_AT = 'session-refreshed-at';
/** Tells the other tabs of this site that the session has ended. */
const channel = new BroadcastChannel('session');

/** Leaves for the login provider and comes back to this page. */
export function logIn() {
  const here = location.pathname + location.search + location.hash;
  location.assign(`/session/login?return_to=${encodeURIComponent(here)}`);
}

/** Who is logged in, `{ sub, scope, expires_at }`; null: nobody. */
export async function whoIsThere() {
  const response = await call('/session');
  return response.ok ? await response.json() : null;
}

/**
 * `fetch`, with one refresh and one repetition where the answer is 401. A request is repeated only because the API has not
 * heard of it: 401 is the gateway's own answer. Its body must be something that can be sent twice (text, not a stream).
 */
export async function call(url, init) {
  const began = Date.now();
  const response = await fetch(url, init);
  if (response.status !== 401 || !(await refresh(began))) return response;
  return await fetch(url, init);
}

/**
 * One tab refreshes, the others wait for it and use its cookies. False: nobody is logged in any more, or it cannot be told
 * now. (The service gives all tabs the same refresh token anyway if they do race; the lock spares it the work.)
 */
function refresh(since) {
  return navigator.locks.request('session-refresh', async () => {
    if (Number(localStorage.getItem(REFRESHED_AT)) > since) return true;
    const response = await fetch('/session/refresh', { method: 'POST' });
    if (response.ok) localStorage.setItem(REFRESHED_AT, String(Date.now()));
    return response.ok;
  });
}

/** Ends the session of this browser, or of every device. False: it could not be ended now; try again. */
export async function logOut({ everywhere = false } = {}) {
  const body = everywhere ? new URLSearchParams({ all: 'true' }) : undefined;
  const response = await call('/session/logout', { method: 'POST', body });
  const over = response.ok || response.status === 401;
  if (over) channel.postMessage('ended');
  return over;
}

/** Calls back when another tab has logged out. */
export function onEnded(callback) {
  channel.addEventListener('message', callback);
}
