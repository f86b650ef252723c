import { execFile } from "node:child_process";
import path from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { effectOf } from "../infra/rules.ts";
import { failure, type Message, message, type Place, type PlannedChange } from "./control-plane.ts";

const program = fileURLToPath(import.meta.resolve("#local/plan.ts"));
const run = promisify(execFile);

/** What a start of the local cloud with this assembly would change; throws what would be refused. */
export async function planUpdate(
  place: Place,
  assembly: string,
  deletedStacks: readonly string[],
): Promise<PlannedChange[]> {
  const argv = [program, JSON.stringify({ ...place, assembly: path.resolve(assembly), deletedStacks })];
  const options = { maxBuffer: 64 * 1024 * 1024 };
  const stdout = await run(process.execPath, argv, options).then(
    (result) => result.stdout,
    (error: Error & { stdout?: string }) => {
      if (error.stdout) return error.stdout;
      throw error;
    },
  );
  const report: Message = message.parse(JSON.parse(stdout));
  if (report.kind === "failed") throw failure(report);
  return report.kind === "plan" ? report.changes : [];
}

/** One line per resource, those that are replaced or deleted first. */
export function describeChanges(changes: readonly PlannedChange[]): string {
  const order = ["delete", "replace", "update", "create"];
  return changes
    .toSorted((a, b) => order.indexOf(a.action) - order.indexOf(b.action))
    .map(({ action, stack, logicalId, type, properties }) => {
      const what = properties.length > 0 ? `${type}: ${properties.join(", ")}` : type;
      const when = action === "update" || action === "replace" ? `, takes effect ${effectOf(type)}` : "";
      return `  ${action.padEnd(7)}  ${stack}/${logicalId}  (${what})${when}`;
    })
    .join("\n");
}
