import * as z from "zod";
import { planStart } from "./index.ts";

const options = z
  .strictObject({
    assembly: z.string(),
    directory: z.string(),
    region: z.string(),
    accountId: z.string(),
    deletedStacks: z.array(z.string()),
  })
  .parse(JSON.parse(process.argv[2] ?? "{}"));

/** Reports to the command line what a start would change, as `main.ts` reports the start. */
const report = (message: Record<string, unknown>) => process.stdout.write(`${JSON.stringify(message)}\n`);

try {
  report({ kind: "plan", changes: await planStart(options) });
} catch (error) {
  const { name, message } = error instanceof Error ? error : new Error(String(error));
  report({ kind: "failed", name, message });
  process.exitCode = 1;
}
