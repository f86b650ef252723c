import { behaves, migration } from "../app.ts";
import { type Case, good, takenBack } from "../case.ts";
import { endings, hints, productionHost, pushes, repeatEvents, rules } from "../provoke.ts";

export const events: readonly Case[] = [
  {
    what: "all hints of AWS's services are lost",
    where: "every wait",
    files: () => migration("0003_unheard", "create table unheard (id int);"),
    before: (world) => rules(world, hints, false),
    ...good,
    afterwards: (world) => rules(world, hints, true),
    note: "each step looks for itself after its heartbeat",
  },
  {
    what: "the end of the execution is not announced",
    where: "Probe",
    files: (world) => behaves({ health: "errors when probed", productionHost: productionHost(world) }),
    before: (world) => rules(world, endings, false),
    ...takenBack,
    error: "ProbeFailed",
    afterwards: (world) => rules(world, endings, true),
    note: "reconcile finds it",
  },
  {
    what: "the push is not announced",
    where: "before the start",
    before: (world) => rules(world, pushes, false),
    ...good,
    afterwards: (world) => rules(world, pushes, true),
    note: "reconcile finds it, half a minute later",
  },
  {
    what: "every event comes three times and in the wrong order",
    where: "every wait",
    files: () => migration("0004_again", "create table again (id int);"),
    during: repeatEvents,
    ...good,
  },
];
