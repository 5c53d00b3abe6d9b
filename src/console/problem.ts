/** What the API says went wrong (RFC 9457), or that it could not be reached: `status` 0. */
export interface Problem {
  readonly status: number;
  readonly title: string;
  readonly detail: string;
  readonly errors: readonly string[];
  readonly reference: string | undefined;
}

export const UNREACHABLE: Problem = {
  status: 0,
  title: 'No answer',
  detail: 'The control Worker could not be reached.',
  errors: [],
  reference: undefined,
};

/** An order to which no answer came: it may have been carried out. */
export const NOT_KNOWN: Problem = {
  ...UNREACHABLE,
  detail: 'The control Worker could not be reached. Whether it was done is not known: look, and ask again.',
};

/** Such as what stands between a browser and control may answer in its place. */
export const UNREADABLE: Problem = {
  ...UNREACHABLE,
  title: 'No answer of control',
  detail: 'What came is not what control answers. Reload the page.',
};

/** What comes is shown as text; what is no text is not shown. */
export function problemOf(status: number, body: unknown): Problem {
  const said: Readonly<Record<string, unknown>> =
    typeof body === 'object' && body !== null ? { ...body } : {};
  const text = (value: unknown) => (typeof value === 'string' && value !== '' ? value : undefined);
  const errors = Array.isArray(said.errors) ? said.errors : [];
  return {
    status,
    title: text(said.title) ?? `Status ${status}`,
    detail: text(said.detail) ?? 'The control Worker said no more.',
    errors: errors.filter((each) => typeof each === 'string'),
    reference: text(said.reference),
  };
}
