import { trafficSettings } from "../../traffic/traffic.ts";

export const environment = trafficSettings;
