import { useEffect, useRef } from "react";
import { useLocation } from "wouter";
import { viewOf } from "./view-of.ts";

/** `/` goes to the search of the view. Another view takes the focus, so that it is read and Tab continues in it. */
export function useKeyboard(): void {
  useEffect(() => {
    document.addEventListener("keydown", focusSearch);
    return () => document.removeEventListener("keydown", focusSearch);
  }, []);
  const [path] = useLocation();
  const view = viewOf(path);
  const shown = useRef(view);
  useEffect(() => {
    if (shown.current === view) return;
    shown.current = view;
    document.querySelector("main")?.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }, [view]);
}

function focusSearch(event: KeyboardEvent): void {
  const isTyping = event.target instanceof HTMLElement && /^(INPUT|SELECT|TEXTAREA)$/.test(event.target.tagName);
  if (event.key !== "/" || isTyping || event.ctrlKey || event.metaKey || event.altKey) return;
  const search = document.querySelector<HTMLInputElement>("input[type=search]");
  if (!search) return;
  event.preventDefault();
  search.focus();
}
