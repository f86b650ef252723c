export interface Result {
  /** What was checked, with its count. */
  checked: string;
  /** What is wrong; empty if the proof holds. */
  findings: string[];
}

export interface Proof {
  name: string;
  run: () => Promise<Result>;
}
