import type { Case } from "../case.ts";
import { aborts } from "./aborts.ts";
import { alarms } from "./alarms.ts";
import { events } from "./events.ts";
import { outages } from "./outages.ts";
import { releases } from "./releases.ts";

/** All failure cases. */
export const cases: readonly Case[] = [...releases, ...alarms, ...aborts, ...events, ...outages];
