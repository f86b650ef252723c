import { endStartedFor } from "../../local/kernel/marked-processes.ts";
import { stateDirectory } from "./state-directory.ts";

/** Ends the processes that a killed control plane left running (load balancer, tasks, databases, builds); returns their number. */
export const endLeftovers = (directory = stateDirectory): Promise<number> => endStartedFor(directory);
