import type { ComponentChildren } from 'preact';

export interface Column<Row> {
  readonly title: string;
  readonly cell: (row: Row) => ComponentChildren;
  /** Aligned to the right, in figures of one width. */
  readonly numeric?: boolean;
  /** Left out where there is little room: to be had by opening the row. */
  readonly minor?: boolean;
}

/**
 * Rows under their titles, with a caption that says what they are. Where `onOpen` is there, the first cell of a row is a
 * button that opens it. Scrolls sideways by itself where it does not fit.
 */
export function Table<Row>({
  caption,
  columns,
  rows,
  keyOf,
  onOpen,
  empty,
}: {
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  readonly keyOf: (row: Row) => string;
  readonly onOpen?: (row: Row) => void;
  /** Said where there are no rows. */
  readonly empty: string;
}) {
  if (rows.length === 0) return <p class="empty">{empty}</p>;
  const content = (column: Column<Row>, row: Row, index: number) =>
    onOpen !== undefined && index === 0 ? (
      <button type="button" class="row-button" onClick={() => onOpen(row)}>
        {column.cell(row)}
      </button>
    ) : (
      column.cell(row)
    );
  return (
    // A tab stop, or nobody scrolls it by keyboard.
    <section class="scroll" aria-label={caption} tabIndex={0}>
      <table>
        <caption class="unseen">{caption}</caption>
        <thead>
          <tr>
            {columns.map((column) => (
              <th key={column.title} scope="col" class={classOf(column)}>
                {column.title}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map((row) => (
            <tr key={keyOf(row)} class={onOpen === undefined ? undefined : 'opens'}>
              {columns.map((column, index) => (
                <td key={column.title} class={classOf(column)}>
                  {content(column, row, index)}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

const classOf = ({ numeric, minor }: { readonly numeric?: boolean; readonly minor?: boolean }) =>
  [numeric && 'numeric', minor && 'minor'].filter(Boolean).join(' ') || undefined;
