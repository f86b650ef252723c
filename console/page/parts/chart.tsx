import { useEffect, useRef } from "react";
import uPlot from "uplot";
import "uplot/dist/uPlot.min.css";

interface ChartProps {
  title: string;
  /** Seconds since 1970. */
  times: readonly number[];
  series: readonly { name: string; values: readonly (number | null)[] }[];
  threshold?: number;
  /** Starts and ends of deployments. */
  marks: readonly { deployment: string; at: number; kind: "start" | "end" }[];
}

const height = 150;

/** Lines over time. The latest values are in the caption, for those who do not see the lines. */
export function Chart({ title, times, series, threshold, marks }: ChartProps) {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const element = place.current;
    if (!element) return undefined;
    const colours = (name: string) => resolveColour(element, name);
    const plot = new uPlot(
      {
        width: element.clientWidth,
        height,
        cursor: { sync: { key: "traffic" } },
        legend: { show: false },
        scales: { y: { range: (_plot, _min, max) => [0, Math.max(max, threshold ?? 0, 0.1) * 1.1] } },
        axes: [axis(colours), { ...axis(colours), size: 56 }],
        series: [
          {},
          ...series.map(({ name }) => ({ label: name, stroke: colours(name), width: 1.5, points: { show: false } })),
        ],
        hooks: { draw: [(drawn) => drawLines(drawn, { colours, marks, threshold })] },
      },
      [[...times], ...series.map(({ values }) => [...values])],
      element,
    );
    const observer = new ResizeObserver(() => plot.setSize({ width: element.clientWidth, height }));
    observer.observe(element);
    return () => {
      observer.disconnect();
      plot.destroy();
    };
  }, [times, series, threshold, marks]);
  const latest = series.map(
    ({ name, values }) => `${name} ${(values.findLast((value) => value !== null) ?? 0).toFixed(2)}`,
  );
  return (
    <figure>
      <figcaption>
        {title} <span className="quiet">{latest.join(", ")}</span>
      </figcaption>
      <div ref={place} className="plot" />
    </figure>
  );
}

type Colours = (name: string) => string;

/** A canvas knows no custom properties, and none that depend on the colour scheme. */
function resolveColour(element: HTMLElement, name: string): string {
  element.style.color = `var(--${name})`;
  const { color } = getComputedStyle(element);
  element.style.color = "";
  return color;
}

function axis(colours: Colours): uPlot.Axis {
  const [stroke, line] = [colours("quiet"), colours("line")];
  return { stroke, grid: { stroke: line, width: 1 }, ticks: { stroke: line, width: 1 } };
}

interface Lines {
  colours: Colours;
  marks: ChartProps["marks"];
  threshold: number | undefined;
}

function drawLines(plot: uPlot, { colours, marks, threshold }: Lines): void {
  const { ctx, bbox } = plot;
  ctx.save();
  ctx.setLineDash([4, 4]);
  const line = (colour: string, from: [number, number], to: [number, number]) => {
    ctx.strokeStyle = colour;
    ctx.beginPath();
    ctx.moveTo(...from);
    ctx.lineTo(...to);
    ctx.stroke();
  };
  for (const { at, kind } of marks) {
    const x = plot.valToPos(at, "x", true);
    line(colours(kind === "start" ? "busy" : "quiet"), [x, bbox.top], [x, bbox.top + bbox.height]);
  }
  if (threshold !== undefined) {
    const y = plot.valToPos(threshold, "y", true);
    line(colours("bad"), [bbox.left, y], [bbox.left + bbox.width, y]);
  }
  ctx.restore();
}
