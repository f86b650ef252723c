import type { ExecutionHistory } from "../../server/queries/steps.ts";
import machines from "../machines.gen.json";

interface MachineGraphProps {
  machine: keyof typeof machines;
  history: ExecutionHistory;
}

/** The states of a machine, coloured by what the execution did. The list of steps says the same in words. */
export function MachineGraph({ machine, history }: MachineGraphProps) {
  const { width, height, nodes, edges } = machines[machine];
  const stateOf = (name: string): string => {
    const step = history.steps.find((one) => one.name === name);
    return step?.attempts.at(-1)?.status ?? (history.visited.includes(name) ? "succeeded" : "pending");
  };
  // Where several edges lead on, only the one to the next state that was entered was taken.
  const isTaken = (from: string, to: string) => history.taken.includes(`${from} → ${to}`);
  return (
    <svg
      className="graph"
      viewBox={`0 0 ${width} ${height}`}
      width={width}
      height={height}
      role="img"
      aria-label={`The ${machine} machine: ${history.steps.map(({ name }) => `${name} ${stateOf(name)}`).join(", ")}`}
    >
      {edges.map(({ from, to, points }) => (
        <polyline
          key={`${from} ${to}`}
          className={isTaken(from, to) ? "edge taken" : "edge"}
          points={points.map(({ x, y }) => `${x},${y}`).join(" ")}
        />
      ))}
      {nodes.map((node) => (
        <g key={node.name} className={`node ${node.type.toLowerCase()} ${stateOf(node.name)}`}>
          <rect
            x={node.x - node.width / 2}
            y={node.y - node.height / 2}
            width={node.width}
            height={node.height}
            rx={node.type === "Task" ? 6 : node.height / 2}
          />
          <text x={node.x} y={node.y} dominantBaseline="central" textAnchor="middle">
            {node.name}
          </text>
        </g>
      ))}
    </svg>
  );
}
