export { s3Resources } from "./resources.ts";
