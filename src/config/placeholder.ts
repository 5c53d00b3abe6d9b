/** `${NAME}`, `$NAME`, `{{ name }}`, `<name>`, `%NAME%`, `YOUR_NAME`: text that something else was to fill in. */
const PLACEHOLDER =
  /\$\{[^{}]*\}|\{\{[^{}]*\}\}|^\$[A-Za-z_]\w*$|^%[A-Za-z_]\w*%$|<[A-Za-z][\w -]*>|\bYOUR[_-]/;

/** Before the name of a variable where code would read it. */
const READERS = ['env.', 'env:', 'process.env.'];

/** Whether text was perhaps meant to be filled in. Neither wrangler nor the gateway does. */
export const isPlaceholder = (text: string): boolean =>
  PLACEHOLDER.test(text) ||
  READERS.some((reader) => text.startsWith(reader) && /^[A-Z][A-Z0-9_]*$/.test(text.slice(reader.length)));

export const NOT_FILLED_IN = 'nothing is filled in here: write the text itself';
