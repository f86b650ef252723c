import type { Template } from "./read-assembly.ts";
import { TemplateNotSupported } from "./errors.ts";
import { references } from "./intrinsics.ts";

/** Which resources of the template each resource needs first: by reference or by DependsOn. Throws on a cycle, naming its path. */
export function dependencies(template: Template): Map<string, string[]> {
  const ids = new Set(Object.keys(template.Resources));
  const graph = new Map(
    Object.entries(template.Resources).map(([id, resource]) => {
      const named = new Set([...references(resource.Properties), ...resource.DependsOn]);
      return [id, [...named].filter((name) => ids.has(name) && name !== id)];
    }),
  );
  refuseCycles(graph);
  return graph;
}

function refuseCycles(graph: ReadonlyMap<string, readonly string[]>): void {
  const done = new Set<string>();
  const visit = (id: string, path: readonly string[]): void => {
    if (path.includes(id)) {
      throw new TemplateNotSupported(
        `Resources depend on each other in a circle: ${[...path.slice(path.indexOf(id)), id].join(" -> ")}`,
      );
    }
    if (done.has(id)) return;
    for (const next of graph.get(id) ?? []) visit(next, [...path, id]);
    done.add(id);
  };
  for (const id of graph.keys()) visit(id, []);
}
