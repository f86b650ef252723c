import type { AwsOptions } from "../../cli/stage/credentials.ts";
import { type Clients, type LocalEndpoint } from "../../cli/stage/clients.ts";
import { openStage, type Stage } from "../../cli/stage/stage.ts";
import { RequestRefused } from "./errors.ts";

/** A stage, and the clients of where it runs. */
export interface StageContext {
  clients: Clients;
  stage: Stage;
}

/** The stages that the console shows. Each is opened once, when it is first needed. */
export class Stages {
  readonly names: readonly string[];
  readonly #open: (name: string) => Promise<StageContext>;
  readonly #opened = new Map<string, Promise<StageContext>>();

  constructor(names: readonly string[], options: AwsOptions, local: () => LocalEndpoint | undefined) {
    this.names = names;
    this.#open = (name) => openStage({ ...options, stage: name }, local());
  }

  get(name: string): Promise<StageContext> {
    if (!this.names.includes(name))
      throw new RequestRefused(404, `There is no stage ${name}. Stages: ${this.names.join(", ")}`);
    const opened = this.#opened.get(name) ?? this.#open(name);
    this.#opened.set(name, opened);
    opened.catch(() => this.#opened.delete(name)); // such as expired credentials: the next request tries again
    return opened;
  }
}
