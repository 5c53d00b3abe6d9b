/** How one logs in here, as control says at `/console/settings.json`. */
export interface Settings {
  readonly login: LoginSettings | null;
  readonly pasted_token: boolean;
}

export interface LoginSettings {
  readonly issuer: string;
  readonly discovery: 'openid' | 'oauth';
  readonly client_id: string;
  readonly scope: string;
  readonly resource: string | null;
  readonly audience: string | null;
}

/** Throws where control does not answer. */
export async function readSettings(): Promise<Settings> {
  const response = await fetch('/console/settings.json', { cache: 'no-store' });
  if (!response.ok) throw new Error(`control answers ${response.status}`);
  return await response.json();
}
