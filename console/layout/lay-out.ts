import * as dagre from "@dagrejs/dagre";
import * as z from "zod";

/** The parts of the Amazon States Language that decide where a machine goes. */
const machine = z.object({
  StartAt: z.string(),
  States: z.record(
    z.string(),
    z.looseObject({
      Type: z.string(),
      Next: z.string().optional(),
      Default: z.string().optional(),
      Choices: z.array(z.looseObject({ Next: z.string() })).default([]),
    }),
  ),
});

export interface LaidOutMachine {
  width: number;
  height: number;
  nodes: { name: string; type: string; x: number; y: number; width: number; height: number }[];
  edges: { from: string; to: string; points: { x: number; y: number }[] }[];
}

const line = z.object({ x: z.number(), y: z.number() });

const height = 34;
const characterWidth = 7.2;

/** Places the states of a machine from top to bottom. A catch leads back to an earlier state and is not drawn. */
export function layOut(definition: unknown): LaidOutMachine {
  const { States } = machine.parse(definition);
  const graph = new dagre.graphlib.Graph();
  graph.setGraph({ rankdir: "TB", nodesep: 24, ranksep: 26, marginx: 8, marginy: 8 });
  graph.setDefaultEdgeLabel(() => ({}));
  for (const [name, { Type }] of Object.entries(States)) {
    const width = Type === "Task" ? Math.round(name.length * characterWidth + 48) : Math.round(name.length * 6.4 + 28);
    graph.setNode(name, { width, height: Type === "Task" ? height : height - 6 });
  }
  const edges: { from: string; to: string }[] = [];
  for (const [name, { Next, Default, Choices }] of Object.entries(States)) {
    const targets = [Next, Default, ...Choices.map((choice) => choice.Next)].filter((target) => target !== undefined);
    for (const target of new Set(targets)) edges.push({ from: name, to: target });
  }
  for (const { from, to } of edges) graph.setEdge(from, to);
  dagre.layout(graph);
  const round = Math.round;
  const { width = 0, height: total = 0 } = graph.graph();
  return {
    width: round(width),
    height: round(total),
    nodes: Object.keys(States).map((name) => {
      const node = graph.node(name);
      return {
        name,
        type: States[name]?.Type ?? "",
        x: round(node.x),
        y: round(node.y),
        width: node.width,
        height: node.height,
      };
    }),
    edges: edges.map(({ from, to }) => ({
      from,
      to,
      points: line
        .array()
        .parse(graph.edge(from, to).points)
        .map(({ x, y }) => ({ x: round(x), y: round(y) })),
    })),
  };
}
