/** Something that the repository shows: the value, where it is written, and why it was chosen. */
export interface Observation<T> {
  readonly value: T;
  /** `file:line`, or the file alone. */
  readonly evidence: string;
  readonly reason: string;
}

export function observe<T>(value: T, evidence: string, reason: string): Observation<T> {
  return { value, evidence, reason };
}
