const MARKED = /`([^`]+)`|\[([^\]]+)\]\(([^)]+)\)/g;

/** A line of the documentation's Markdown: code as code, a link as the page it leads to. Never as markup. */
export function Prose({ text }: { readonly text: string }) {
  const parts = [];
  let from = 0;
  for (const match of text.matchAll(MARKED)) {
    const [whole, code, , page] = match;
    parts.push(text.slice(from, match.index));
    parts.push(<code key={match.index}>{code ?? `docs/${page}`}</code>);
    from = match.index + whole.length;
  }
  return (
    <>
      {parts}
      {text.slice(from)}
    </>
  );
}
