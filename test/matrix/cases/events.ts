import { withBehavior, migration } from "../app.ts";
import { type Case, good, rolledBack } from "../case.ts";
import { executionEvents, workEvents, productionHost, pushes, repeatEvents, setRules } from "../faults.ts";

export const events: readonly Case[] = [
  {
    what: "all events of AWS services are lost",
    where: "all waiting steps",
    files: () => migration("0003_unheard", "create table unheard (id int);"),
    before: (world) => setRules(world, workEvents, false),
    ...good,
    cleanup: (world) => setRules(world, workEvents, true),
    note: "each step observes AWS again after its heartbeat",
  },
  {
    what: "the event of a failed execution is lost",
    where: "Probe",
    files: (world) => withBehavior({ health: "errors when probed", productionHost: productionHost(world) }),
    before: (world) => setRules(world, executionEvents, false),
    ...rolledBack,
    error: "ProbeFailed",
    cleanup: (world) => setRules(world, executionEvents, true),
    note: "found by reconcile",
  },
  {
    what: "the push event is lost",
    where: "before Acquire lock",
    before: (world) => setRules(world, pushes, false),
    ...good,
    cleanup: (world) => setRules(world, pushes, true),
    note: "found by reconcile half a minute later",
  },
  {
    what: "every event arrives three times and out of order",
    where: "all waiting steps",
    files: () => migration("0004_again", "create table again (id int);"),
    during: repeatEvents,
    ...good,
  },
];
