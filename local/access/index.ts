export { createAccess, nameOfRole, type Access, type PolicyRecord, type RoleRecord } from "./access.ts";
export { trustedServices } from "./trust.ts";
export { matchesPattern } from "./pattern.ts";
export { globalKeys } from "./condition-keys.ts";
