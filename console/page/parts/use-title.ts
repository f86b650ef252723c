import { useEffect } from "react";

/** Names the view in the browser's tab and history; screen readers read it first. */
export function useTitle(title: string): void {
  useEffect(() => {
    document.title = `${title} – Lockstep`;
  }, [title]);
}
