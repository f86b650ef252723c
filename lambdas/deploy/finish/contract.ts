export { serviceSettings as environment } from "../../traffic/prepare-green.ts";
