export { declareResource } from "./declare-resource.ts";
export { createDriver, type Driver } from "./driver.ts";
export { faultsOf } from "./faults.ts";
export { hasStackTags, stackTags, tagList, tagRecord, withoutTags, type Tags } from "./tags.ts";
export { records, type Records } from "./records.ts";
export type { AccessRequest, AccessRule, AccessRules } from "./access-rules.ts";
export type { DeclaredInput, Inert, Reads } from "./reads.ts";
export { awsError } from "./aws-error.ts";
export type { Clients, OperationInput, OperationName, OperationOutput, ServiceName } from "./clients.ts";
export { createCloud, type AnyService, type CloudOptions, type LocalCloud } from "./create-cloud.ts";
export {
  defineResource,
  defineService,
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
  type StandIn,
} from "./service.ts";
export type { ServiceSchema } from "#local/wire/index.ts";
