export { serviceSettings as environment } from "../../traffic/contract.ts";
