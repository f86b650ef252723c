export { createAccess, nameOfRole, type Access, type PolicyRecord, type RoleRecord } from "./access.ts";
