import { useSyncExternalStore } from 'react';

// What the user chose wins; otherwise the system decides.
export type Theme = 'light' | 'dark' | 'system';
const KEY = 'outlay.theme';
const listeners = new Set<() => void>();
const system = window.matchMedia('(prefers-color-scheme: dark)');

function stored(): Theme {
  const value = window.localStorage.getItem(KEY);
  return value === 'light' || value === 'dark' ? value : 'system';
}

export function effectiveTheme(): 'light' | 'dark' {
  const theme = stored();
  return theme === 'system' ? (system.matches ? 'dark' : 'light') : theme;
}

export function applyTheme() {
  document.documentElement.dataset.theme = effectiveTheme();
  listeners.forEach((listener) => listener());
}

export function toggleTheme() {
  const next = effectiveTheme() === 'dark' ? 'light' : 'dark';
  const isSystem = (next === 'dark') === system.matches;
  if (isSystem) window.localStorage.removeItem(KEY);
  else window.localStorage.setItem(KEY, next);
  applyTheme();
}

system.addEventListener('change', applyTheme);

export function useTheme(): 'light' | 'dark' {
  return useSyncExternalStore(
    (listener) => (listeners.add(listener), () => listeners.delete(listener)),
    effectiveTheme,
  );
}
