// npm run prove: checks properties of the templates, runs the scenarios to compare their calls with the policies, and prints a line with a count
// per proof; exit code 1 if one does not hold. With LOCKSTEP_ACCESS_LOG, the log of an earlier run is compared instead.
import { calls } from "./calls.ts";
import { featureFlags } from "./feature-flags.ts";
import { guidelines } from "./guidelines.ts";
import { options } from "./options.ts";
import { permissions } from "./permissions.ts";
import { resourceSchemas } from "./resource-schemas.ts";
import { stateMachines } from "./state-machines.ts";

const proofs = [featureFlags, resourceSchemas, options(), stateMachines(), permissions(), guidelines(), calls];
let failed = 0;
for (const { name, run } of proofs) {
  const { checked, findings } = await run();
  console.log(`${findings.length === 0 ? "✓" : "✗"} ${name}: ${checked}, ${findings.length} findings`);
  for (const finding of findings) console.log(`    ${finding}`);
  if (findings.length > 0) failed += 1;
}
process.exit(failed === 0 ? 0 : 1);
