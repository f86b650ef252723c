/** What the machine's execution ends with. */
export interface CloseOutput {
  readonly outcome: "nothing-to-undo" | "rolled-back";
}
