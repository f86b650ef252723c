export type { Clients, OperationInput, OperationName, OperationOutput, ServiceName, Validated } from "./clients.ts";
export {
  defineResource,
  defineService,
  type AccessRequest,
  type AccessRules,
  type Actor,
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
