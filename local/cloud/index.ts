export { declareResource } from "./declare-resource.ts";
export { faultsOf } from "./faults.ts";
export { records, type Records } from "./records.ts";
export { awsError } from "./aws-error.ts";
export type { Clients, OperationInput, OperationName, OperationOutput, ServiceName, Validated } from "./clients.ts";
export { createCloud, type AnyService, type CloudOptions, type LocalCloud } from "./create-cloud.ts";
export {
  defineResource,
  defineService,
  type AccessRequest,
  type AccessRules,
  type Actor,
  type AnyResourceType,
  type Call,
  type Cloud,
  type CloudEvent,
  type Handler,
  type Operations,
  type Principal,
  type ResourceContext,
  type ResourceState,
  type ResourceType,
  type Service,
  type ServiceDefinition,
} from "./service.ts";
