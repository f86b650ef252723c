import { useQuery } from "@tanstack/react-query";
import { useEffect, useRef, useState } from "react";
import type { LogPage } from "../server/queries/logs.ts";
import { pathOf } from "./data.ts";
import { type LogLines, withPage } from "./log-lines.ts";
import { get } from "./session.ts";

const pollMs = 2_000;

interface Log extends Pick<LogLines, "lines"> {
  /** There may be further lines. */
  isOpen: boolean;
  error: Error | null;
}

/** All lines so far, and those that follow. */
export function useLog(stage: string, id: string, log: string): Log {
  const [state, setState] = useState<LogLines>({ lines: [], ids: new Set() });
  const next = useRef<number>(undefined);
  const { data, error } = useQuery({
    queryKey: ["log", stage, id, log],
    queryFn: ({ signal }) => {
      const from = next.current === undefined ? "" : `&from=${next.current}`;
      const path = `deployments/${encodeURIComponent(id)}/logs?log=${encodeURIComponent(log)}${from}`;
      return get<LogPage>(pathOf(stage, path), signal);
    },
    refetchInterval: ({ state: { data: page } }) => {
      if (page?.isFull) return 1;
      return page?.isOpen === false ? false : pollMs;
    },
    structuralSharing: false,
    gcTime: 0,
  });
  useEffect(() => {
    if (!data) return;
    next.current = data.next;
    setState((former) => withPage(former, data));
  }, [data]);
  return { lines: state.lines, isOpen: data?.isOpen ?? true, error };
}
