export type Command = readonly [program: string, ...args: string[]];

/** How a package manager installs and runs an app. Its commands run in the folder of the lock file. */
export interface PackageManager {
  readonly name: "npm" | "pnpm" | "yarn";
  /** What the build log calls it. */
  readonly title: string;
  /** Exactly what the lock file says. */
  readonly install: Command;
  /** Whether packages are in the `node_modules` of the folder of the lock file: then those of other apps are, too, and the release kit keeps what the app needs. */
  readonly hoists: boolean;
  /** Reduces the installation to production, if the release kit does not. `workspace` is the name of the app's package if it is not in the folder of the lock file. */
  prune?(workspace: string | undefined): Command;
  /** Why an app with these settings cannot be built. */
  check?(folder: string): void;
}
