import type { Files } from "./migration-files.ts";

/** An app of `apps/`, and what a user would do with it. */
export interface Shape {
  readonly name: string;
  /** Folder of the app in its repository. */
  readonly root?: string;
  /** The change that `lockstep init` demands before the app can be deployed. */
  readonly required?: { readonly finding: RegExp; readonly edit: Edit };
  /** Build variables of this machine, such as for a program that cannot be downloaded here. */
  readonly buildVariables?: Readonly<Record<string, string>>;
  /** How the app is used: what is written can be read. */
  readonly write: {
    readonly path: string;
    readonly body: Readonly<Record<string, string | number>>;
    readonly isForm?: boolean;
  };
  readonly read: { readonly path: string; readonly expect: string };
  /** A migration that executes a statement. */
  readonly migration: (statement: string, number: number) => Files;
  /** SQL that makes a failed migration repeatable, as the tool's documentation says. */
  readonly recover?: string;
  readonly table: string;
  /** The health check fails. */
  readonly breakHealth: Edit;
  /** The app exits at its start. */
  readonly crash: (directory: string) => Files;
}

/** A replacement in a file of the app. */
export interface Edit {
  readonly file: string;
  readonly from: string;
  readonly to: string;
}
