import type { ReactNode } from 'react';
import { ApiError } from '../lib/api';
import { Icon } from './icons';

export function Empty({ title, text, action }: { title: string; text?: ReactNode; action?: ReactNode }) {
  return (
    <div className="state">
      <h2>{title}</h2>
      {text && <p>{text}</p>}
      {action}
    </div>
  );
}

export function Failed({ error, retry }: { error: unknown; retry?: () => void }) {
  const message = error instanceof Error ? error.message : String(error);
  const isAway = !(error instanceof ApiError);
  return (
    <div className="state failed" role="alert">
      <Icon name="alert" size={24} />
      <h2>{isAway ? 'The server does not answer' : 'This could not be answered'}</h2>
      <p className="message">{isAway ? `${message}. Is outlay up still running?` : message}</p>
      {retry && <button type="button" onClick={retry}>Try again</button>}
    </div>
  );
}

/** Holds the place of what is on its way, so that nothing jumps. */
export function Loading({ rows = 6, label = 'Loading' }: { rows?: number; label?: string }) {
  return (
    <div className="loading" role="status" aria-label={label}>
      {Array.from({ length: rows }, (_, i) => <div key={i} className="bone" />)}
    </div>
  );
}
