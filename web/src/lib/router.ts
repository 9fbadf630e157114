// The address holds the state of a page: path and query, changed through history so that "back" works.
import { useMemo, useSyncExternalStore } from 'react';

const listeners = new Set<() => void>();
const tell = () => listeners.forEach((listener) => listener());
window.addEventListener('popstate', tell);

function subscribe(listener: () => void) {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

export function useLocation() {
  const href = useSyncExternalStore(subscribe, () => window.location.pathname + window.location.search);
  return useMemo(() => {
    const url = new URL(href, window.location.origin);
    return { path: url.pathname, params: url.searchParams };
  }, [href]);
}

export function go(href: string, how: 'push' | 'replace' = 'push') {
  if (href === window.location.pathname + window.location.search) return;
  window.history[how === 'push' ? 'pushState' : 'replaceState'](null, '', href);
  if (how === 'push' && new URL(href, window.location.origin).pathname !== window.location.pathname) window.scrollTo(0, 0);
  tell();
}

type Patch = Record<string, string | string[] | null | undefined>;

/** The address of `path` with `patch` applied to `params`; null or "" takes a parameter away. */
export function hrefWith(path: string, params: URLSearchParams, patch: Patch): string {
  const next = new URLSearchParams(params);
  for (const [name, value] of Object.entries(patch)) {
    next.delete(name);
    for (const one of Array.isArray(value) ? value : [value]) if (one) next.append(name, one);
  }
  const query = next.toString().replace(/%2C/g, ',').replace(/%3A/g, ':');
  return query ? `${path}?${query}` : path;
}

export function useParams() {
  const { path, params } = useLocation();
  return {
    params,
    set: (patch: Patch, how: 'push' | 'replace' = 'push') => go(hrefWith(path, params, patch), how),
  };
}

/** The parts of `path` named in `pattern` ("/flows/:namespace/:id"), or null. */
export function matchPath(pattern: string, path: string): Record<string, string> | null {
  const want = pattern.split('/').filter(Boolean);
  const have = path.split('/').filter(Boolean);
  if (want.length !== have.length) return null;
  const out: Record<string, string> = {};
  for (let i = 0; i < want.length; i++) {
    const part = want[i]!;
    if (part.startsWith(':')) out[part.slice(1)] = decodeURIComponent(have[i]!);
    else if (part !== have[i]) return null;
  }
  return out;
}
