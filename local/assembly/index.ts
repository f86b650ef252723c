export { checkSupport, type Inert, type ResourceTypes } from "./check-support.ts";
export { AssemblyInvalid, ProvisioningFailed, TemplateNotSupported } from "./errors.ts";
export { provision, type ProvisionProgress, type StackOutputs } from "./provision.ts";
export { readAssembly, type Assembly } from "./read-assembly.ts";
