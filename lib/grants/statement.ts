/** An IAM statement that allows something. */
export interface Statement {
  actions: string[];
  resources: string[];
  conditions?: Record<string, Record<string, unknown>>;
}
