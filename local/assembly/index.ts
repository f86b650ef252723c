export { checkSupport, type Inert, type ResourceTypes } from "./check-support.ts";
export { type PlannedChange, planUpdate } from "./plan-update.ts";
export { provision, type StackOutputs } from "./provision.ts";
export type { ProvisionProgress } from "./reconcile.ts";
export { saveAssembly } from "./save-assembly.ts";
export { readAssembly, type Assembly } from "./read-assembly.ts";
