import type { Comparison } from './measure.ts';

const WIDTH = 840;
const ROW = 26;
const LEFT = 310;
const TOP = 46;
const SCALE = WIDTH - LEFT - 60;

const escaped = (text: string) => text.replaceAll('&', '&amp;').replaceAll('<', '&lt;');

/** Bars of throughput as a share of the bare pass-through's, for the rows that were measured against it. */
export function chart(rows: readonly Comparison[]): string {
  const bars = rows.filter((row) => row.against === 'pass-through' && row.connections > 1);
  const height = TOP + bars.length * ROW + 24;
  const most = Math.max(1, ...bars.map((row) => row.spread[1]));
  const x = (ratio: number) => LEFT + (ratio / most) * SCALE;
  const body = bars.map((row, i) => {
    const y = TOP + i * ROW;
    const colour = row.name.startsWith('ours') ? '#0b6e4f' : '#8a94a6';
    return `<text x="${LEFT - 8}" y="${y + 14}" text-anchor="end">${escaped(row.name)}</text>
<rect x="${LEFT}" y="${y + 2}" width="${(x(row.throughputRatio) - LEFT).toFixed(1)}" height="16" fill="${colour}"/>
<line x1="${x(row.spread[0]).toFixed(1)}" x2="${x(row.spread[1]).toFixed(1)}" y1="${y + 10}" y2="${y + 10}" stroke="#1f2933" stroke-width="2"/>
<text x="${(x(Math.max(row.spread[1], row.throughputRatio)) + 6).toFixed(1)}" y="${y + 14}">${row.throughputRatio.toFixed(2)}</text>`;
  });
  return `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" font-family="system-ui, sans-serif" font-size="12" fill="#1f2933">
<rect width="${WIDTH}" height="${height}" fill="#ffffff"/>
<text x="12" y="22" font-size="15" font-weight="600">Throughput as a share of a bare pass-through Worker (one core, 16 connections)</text>
<line x1="${x(1).toFixed(1)}" x2="${x(1).toFixed(1)}" y1="${TOP - 6}" y2="${height - 18}" stroke="#c0392b" stroke-dasharray="4 3"/>
${body.join('\n')}
<text x="12" y="${height - 6}" fill="#616e7c">Medians of A/B pairs; the dark line spans the quartiles. Dashed: the pass-through.</text>
</svg>
`;
}
