export { checkSupport, type Inert, type ResourceTypes } from "./check-support.ts";
export { provision, type ProvisionProgress, type StackOutputs } from "./provision.ts";
export { readAssembly, type Assembly } from "./read-assembly.ts";
