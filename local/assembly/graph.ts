import type { AssemblyStack } from "./read-assembly.ts";
import { TemplateNotSupported } from "./errors.ts";
import { references } from "./intrinsics.ts";

/** Which resources of the stack each resource needs first, by reference or by DependsOn, in an order of creation. Throws on a cycle, naming its path. */
export function dependencies({ name: stack, template }: AssemblyStack): Map<string, string[]> {
  const ids = new Set(Object.keys(template.Resources));
  const graph = new Map(
    Object.entries(template.Resources).map(([id, resource]) => {
      const referenced = new Set([...references(resource.Properties), ...resource.DependsOn]);
      return [id, [...referenced].filter((name) => ids.has(name) && name !== id)];
    }),
  );
  return inCreationOrder(graph, stack);
}

/** Sorts resources so that each comes after those it needs. */
function inCreationOrder(graph: ReadonlyMap<string, string[]>, stack: string): Map<string, string[]> {
  const done = new Set<string>();
  const visit = (id: string, path: readonly string[]): void => {
    if (path.includes(id)) {
      throw new TemplateNotSupported(
        `Stack ${stack} has a circular dependency between resources: ${[...path.slice(path.indexOf(id)), id].join(" -> ")}. ` +
          "Fix: remove one of these references.",
      );
    }
    if (done.has(id)) return;
    for (const next of graph.get(id) ?? []) visit(next, [...path, id]);
    done.add(id);
  };
  for (const id of graph.keys()) visit(id, []);
  return new Map([...done].map((id) => [id, graph.get(id) ?? []]));
}
