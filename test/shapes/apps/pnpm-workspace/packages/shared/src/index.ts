export interface Meeting {
  id: number;
  title: string;
  day: string;
}

/** Whether the text is a date such as 2026-03-01. */
export function isDay(text: unknown): text is string {
  return typeof text === "string" && /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(text));
}
