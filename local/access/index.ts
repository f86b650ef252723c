export { createAccess, nameOfRole, type Access, type PolicyRecord, type RoleRecord } from "./access.ts";
export { iamResources } from "./resources.ts";
export { matchesPattern } from "./pattern.ts";
