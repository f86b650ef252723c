export { createAccess, nameOfRole, type Access, type PolicyRecord, type RoleRecord } from "./access.ts";
export { logDecisions, type AccessLogLine } from "./access-log.ts";
export { trustedServices } from "./trust.ts";
export { matchesPattern } from "./pattern.ts";
export { globalKeys } from "./condition-keys.ts";
