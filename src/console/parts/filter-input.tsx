import { useEffect, useState } from 'preact/hooks';

interface FilterInputProps {
  readonly id: string;
  /** What is filtered by now. */
  readonly value: string;
  readonly disabled?: boolean;
  readonly placeholder?: string | undefined;
  /** Called with the text, trimmed, once it is entered or left. */
  readonly onCommit: (value: string) => void;
}

/** A text to filter by. What somebody is typing stays while the page renders anew around it. */
export function FilterInput({ id, value, disabled = false, placeholder, onCommit }: FilterInputProps) {
  const [draft, setDraft] = useState(value);
  useEffect(() => setDraft(value), [value]);
  return (
    <input
      id={id}
      value={draft}
      disabled={disabled}
      placeholder={placeholder}
      spellcheck={false}
      autocomplete="off"
      onInput={(event) => setDraft(event.currentTarget.value)}
      onChange={(event) => onCommit(event.currentTarget.value.trim())}
    />
  );
}
