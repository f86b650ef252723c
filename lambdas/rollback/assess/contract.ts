/** The machine goes on to Restore traffic, or straight to Close. */
export interface AssessOutput {
  readonly undo: boolean;
  readonly generation: number;
}
