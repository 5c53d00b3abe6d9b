import { useEffect, useRef, useState } from 'preact/hooks';
import uPlot from 'uplot';

export interface Curve {
  readonly name: string;
  /** A colour of style.css, such as `--good`. */
  readonly color: string;
  readonly values: readonly number[];
}

const HEIGHT = 220;

/**
 * Curves over time, with a legend that says the values under the cursor, or the latest. `summary` is what whoever does
 * not see the curves is told. Times are seconds since 1970.
 */
export function Chart({
  summary,
  times,
  curves,
  unit,
}: {
  readonly summary: string;
  readonly times: readonly number[];
  readonly curves: readonly Curve[];
  readonly unit: string;
}) {
  const place = useRef<HTMLDivElement>(null);
  const plot = useRef<uPlot | undefined>(undefined);
  const [under, setUnder] = useState<number | undefined>(undefined);
  const dark = useDarkness();
  const kinds = curves.map(({ name, color }) => `${name} ${color}`).join();
  const points: uPlot.AlignedData = [[...times], ...curves.map(({ values }) => [...values])];
  const latest = useRef(points);
  latest.current = points;

  // The plot is made anew where its curves or colours are others; new values are set below.
  useEffect(() => {
    const box = place.current;
    if (box === null) return;
    const color = colorsOf(box);
    const axis = {
      stroke: color('--quiet'),
      grid: { stroke: color('--line'), width: 1 },
      ticks: { show: false },
    };
    const made = new uPlot(
      {
        width: box.clientWidth,
        height: HEIGHT,
        legend: { show: false },
        cursor: { y: false, points: { size: 7 }, drag: { x: false, y: false } },
        scales: { y: { range: (_plot, _least, most) => [0, Math.max(most * 1.1, 0.5)] } },
        axes: [
          { ...axis, size: 28, grid: { show: false }, values: (_plot, splits) => splits.map(clockTime) },
          { ...axis, size: 44 },
        ],
        series: [
          {},
          ...kinds.split(',').map((kind) => ({
            stroke: color(kind.slice(kind.lastIndexOf(' ') + 1)),
            width: 2,
            points: { show: false },
          })),
        ],
        hooks: { setCursor: [({ cursor }) => setUnder(cursor.idx ?? undefined)] },
      },
      latest.current,
      box,
    );
    plot.current = made;
    const watcher = new ResizeObserver(() => made.setSize({ width: box.clientWidth, height: HEIGHT }));
    watcher.observe(box);
    return () => {
      watcher.disconnect();
      made.destroy();
      plot.current = undefined;
    };
  }, [kinds, dark]);
  useEffect(() => plot.current?.setData(points), [points]);

  const at = under ?? times.length - 1;
  return (
    <figure class="chart">
      <div ref={place} role="img" aria-label={summary} />
      <figcaption>
        <span class="quiet">
          {times[at] === undefined ? '' : clockTime(times[at])}, {unit}
        </span>
        {curves.map(({ name, color, values }) => (
          <span key={name} class="key">
            <i class={`swatch ${color.slice(2)}`} aria-hidden="true" />
            {name} <b>{shortNumber(values[at] ?? 0)}</b>
          </span>
        ))}
      </figcaption>
    </figure>
  );
}

const clockTime = (at: number): string => new Date(at * 1_000).toTimeString().slice(0, 5);

/** `0`, `0.3`, `12`, `1.2k`. */
export function shortNumber(value: number): string {
  if (value >= 10_000) return `${Math.round(value / 1_000)}k`;
  if (value >= 1_000) return `${(value / 1_000).toFixed(1)}k`;
  return value === 0 || value >= 10 ? String(Math.round(value)) : value.toFixed(1);
}

/** A canvas knows no custom property: what each comes to here. */
function colorsOf(box: HTMLElement): (name: string) => string {
  const probe = document.createElement('i');
  return (name) => {
    probe.style.color = `var(${name})`;
    box.append(probe);
    const { color } = getComputedStyle(probe);
    probe.remove();
    return color;
  };
}

function useDarkness(): boolean {
  const [dark, setDark] = useState(() => matchMedia('(prefers-color-scheme: dark)').matches);
  useEffect(() => {
    const scheme = matchMedia('(prefers-color-scheme: dark)');
    const follow = () => setDark(scheme.matches);
    scheme.addEventListener('change', follow);
    return () => scheme.removeEventListener('change', follow);
  }, []);
  return dark;
}
