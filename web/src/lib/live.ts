import { useQueryClient } from '@tanstack/react-query';
import { useEffect, useRef } from 'react';
import { API } from './api';

/** Follows a stream while the page is visible; browsers allow few connections, and hidden tabs need none. */
export function useStream(path: string | null, onEvent: (id: string, data: string) => void) {
  const handler = useRef(onEvent);
  handler.current = onEvent;
  useEffect(() => {
    if (!path) return;
    let source: EventSource | null = null;
    let hasEnded = false;
    const open = () => {
      if (source || hasEnded || document.hidden) return;
      source = new EventSource(API + path);
      source.onmessage = (event) => {
        handler.current(event.lastEventId, event.data as string);
        if (event.lastEventId === 'end') {
          hasEnded = true;
          close();
        }
      };
    };
    const close = () => {
      source?.close();
      source = null;
    };
    const turn = () => (document.hidden ? close() : open());
    open();
    document.addEventListener('visibilitychange', turn);
    return () => {
      document.removeEventListener('visibilitychange', turn);
      close();
    };
  }, [path]);
}

/** Reads lists anew when the server says that something happened. */
export function useLiveLists(isOn: boolean) {
  const client = useQueryClient();
  const waiting = useRef(new Set<string>());
  useStream(isOn ? 'events' : null, (id) => {
    const key = id === 'ledger' ? 'ledger' : 'executions';
    if (waiting.current.has(key)) return;
    waiting.current.add(key);
    // Many events in a row make one read.
    setTimeout(() => {
      waiting.current.delete(key);
      void client.invalidateQueries({ queryKey: [key] });
    }, 400);
  });
}
