/** A key set's address as logs and the status show it: a query may be a credential. */
export const shownUrl = (url: string): string => url.replace(/\?.*$/s, '?…');
