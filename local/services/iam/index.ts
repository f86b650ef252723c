export { iamResources } from "./resources.ts";
