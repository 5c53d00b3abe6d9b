/** `${NAME}`, `$NAME`, `{{ name }}`, `<name>`, `%NAME%`, `env.NAME`, `YOUR_NAME`: text that something else was to fill in. */
const PLACEHOLDER =
  /\$\{[^{}]*\}|\{\{[^{}]*\}\}|^\$[A-Za-z_]\w*$|^%[A-Za-z_]\w*%$|<[A-Za-z][\w -]*>|^(?:process\.)?env[.:][A-Z][A-Z0-9_]*$|\bYOUR[_-]/;

/** Whether text was perhaps meant to be filled in. Neither wrangler nor the gateway does. */
export const isPlaceholder = (text: string): boolean => PLACEHOLDER.test(text);

export const NOT_FILLED_IN = 'nothing is filled in here: write the text itself';
