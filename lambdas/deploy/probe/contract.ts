export { probeSettings as environment } from "../../traffic/probing.ts";
