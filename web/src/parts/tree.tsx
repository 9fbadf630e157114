import { apiUrl } from '../lib/api';

function isBranch(value: unknown): value is Record<string, unknown> | unknown[] {
  return typeof value === 'object' && value !== null && Object.keys(value).length > 0;
}

function Leaf({ value, executionId }: { value: unknown; executionId?: string }) {
  if (typeof value === 'string' && value.startsWith('kestra://') && executionId) {
    return <a href={apiUrl(`executions/${encodeURIComponent(executionId)}/file`, { path: value })} download={value.split('/').at(-1)}>{value.split('/').at(-1)}</a>;
  }
  if (value === null || value === undefined) return <span className="mute">null</span>;
  if (typeof value === 'object') return <span className="mute">{Array.isArray(value) ? 'empty list' : 'empty'}</span>;
  return <span className="value">{String(value)}</span>;
}

/** A value as a tree that folds; files are links. */
export function Tree({ value, executionId, depth = 0 }: { value: unknown; executionId?: string; depth?: number }) {
  if (!isBranch(value)) return <Leaf value={value} executionId={executionId} />;
  return (
    <ul className="tree">
      {Object.entries(value).map(([key, child]) => (
        <li key={key}>
          {isBranch(child) ? (
            <details open={depth < 2}>
              <summary>{key} <span className="mute">{Array.isArray(child) ? `${child.length} items` : ''}</span></summary>
              <Tree value={child} executionId={executionId} depth={depth + 1} />
            </details>
          ) : (
            <div className="leaf"><span className="key">{key}</span><Leaf value={child} executionId={executionId} /></div>
          )}
        </li>
      ))}
    </ul>
  );
}
