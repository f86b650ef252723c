export { trafficSettings as environment } from "../../traffic/traffic.ts";
