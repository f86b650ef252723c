import type { Node } from "libpg-query";
import { decisions, type StatementName } from "./decisions.ts";
import type { Decision, Hit } from "./rules.ts";

/** What a statement does to the serving release, regardless of the other statements. */
export function lintStatement(node: Node): Hit[] {
  return Object.entries(node).flatMap(([name, statement]) => {
    // A node has one key, which names its type and its decision.
    const decision = decisions[name as StatementName] as Decision<unknown> | undefined;
    if (!decision) return [{ rule: "cannot-analyse", what: `runs a ${name}, which this version does not support` }];
    return "harmless" in decision ? [] : decision.lint(statement);
  });
}
