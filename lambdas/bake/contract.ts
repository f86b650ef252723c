import { trafficSettings } from "../shared/traffic.ts";

export const environment = trafficSettings;
