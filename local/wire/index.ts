export { AwsError } from "./errors.ts";
export type { WireResponse } from "./message.ts";
export {
  loadServiceSchema,
  requiredMembers,
  type OperationSchema,
  type Protocol,
  type ServiceSchema,
} from "./registry.ts";
export { listen, type Route, type WireCall, type WireHost, type WireServer } from "./server.ts";
export { validateInput, type ValidationErrors } from "./validate.ts";
