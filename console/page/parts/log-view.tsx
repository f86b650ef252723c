import { useVirtualizer } from "@tanstack/react-virtual";
import { ansiToJson, ansiToText } from "anser";
import { useDeferredValue, useEffect, useMemo, useRef } from "react";
import { useSearchParams } from "wouter";
import type { LogLine } from "../../server/queries/logs.ts";
import { useLog } from "../log.ts";
import { Problem } from "./problem.tsx";

const lineHeight = 20;

interface LogViewProps {
  stage: string;
  id: string;
  log: string;
}

/** A log that follows its end until the reader scrolls up. Only the lines in sight exist. */
export function LogView({ stage, id, log }: LogViewProps) {
  const { lines, isOpen, error } = useLog(stage, id, log);
  const [parameters, setParameters] = useSearchParams();
  const search = parameters.get("find") ?? "";
  const words = useDeferredValue(search.toLowerCase());
  const shown = useMemo(
    () => (words ? lines.filter(({ message }) => withoutColours(message).toLowerCase().includes(words)) : lines),
    [lines, words],
  );
  const scroller = useRef<HTMLDivElement>(null);
  const isAtEnd = useRef(true);
  const virtual = useVirtualizer({
    count: shown.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => lineHeight,
    overscan: 20,
  });
  useEffect(() => {
    if (isAtEnd.current && shown.length > 0) virtual.scrollToIndex(shown.length - 1);
  }, [shown.length, virtual]);
  return (
    <section className="log" aria-label={`Log: ${log}`}>
      <label className="search">
        <span>Search the log</span>
        <input
          type="search"
          value={search}
          onChange={({ target }) => setParameters(target.value ? { find: target.value } : {}, { replace: true })}
        />
        <span className="quiet">
          {words && `${shown.length} of `}
          {lines.length} lines{isOpen && ", following"}
        </span>
      </label>
      {error && <Problem error={error} />}
      {lines.length === 0 && !error && <p className="quiet">The log has no lines{isOpen && " yet"}.</p>}
      {lines.length > 0 && (
        <div
          className="lines"
          ref={scroller}
          tabIndex={0}
          role="log"
          aria-label={`Lines of ${log}`}
          onScroll={({ currentTarget: { scrollTop, scrollHeight, clientHeight } }) => {
            isAtEnd.current = scrollHeight - scrollTop - clientHeight < 2 * lineHeight;
          }}
        >
          <ol style={{ height: virtual.getTotalSize() }}>
            {virtual.getVirtualItems().map(({ index, start }) => {
              const line = shown[index];
              return line && <Line key={index} line={line} start={start} />;
            })}
          </ol>
        </div>
      )}
    </section>
  );
}

/** A search finds words that a colour begins or ends in. */
const withoutColours = (message: string) => (message.includes("\u001B") ? ansiToText(message) : message);

/** Colours of ANSI sequences become classes; everything else is text. */
function Line({ line: { at, message }, start }: { line: LogLine; start: number }) {
  const fragments = ansiToJson(message.replace(/\n$/, ""), { use_classes: true, remove_empty: true });
  return (
    <li style={{ transform: `translateY(${start}px)` }}>
      <time className="quiet" dateTime={new Date(at).toISOString()}>
        {new Date(at).toLocaleTimeString("en-GB")}
      </time>
      <code>
        {fragments.map(({ content, fg, decorations }, index) => (
          // Fragments of a line have no identity of their own.
          // oxlint-disable-next-line react/no-array-index-key
          <span key={index} className={[fg, ...decorations].filter(Boolean).join(" ")}>
            {content}
          </span>
        ))}
      </code>
    </li>
  );
}
