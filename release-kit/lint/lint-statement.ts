import type { Node } from "libpg-query";
import { decisions, type StatementName } from "./decisions.ts";
import type { Decision, Hit } from "./rules.ts";

/** What a statement does by itself to those who use the database meanwhile. */
export function lintStatement(node: Node): Hit[] {
  return Object.entries(node).flatMap(([name, statement]) => {
    // A node has one key, and its value is what the decision of that name takes.
    const decision = decisions[name as StatementName] as Decision<unknown> | undefined;
    if (!decision) return [{ rule: "cannot-analyse", what: `runs a ${name}, which this version does not know` }];
    return "harmless" in decision ? [] : decision.lint(statement);
  });
}
