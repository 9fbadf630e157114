import { cloneElement, useId, useState, type ReactElement } from 'react';
import { Icon } from './icons';

/** A control below its label. */
export function Field({ label, children }: { label: string; children: ReactElement<{ id?: string }> }) {
  const id = useId();
  return (
    <div className="field">
      <label htmlFor={id}>{label}</label>
      {cloneElement(children, { id })}
    </div>
  );
}

export function CopyButton({ text, label }: { text: string; label: string }) {
  const [isDone, setDone] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setDone(true);
    setTimeout(() => setDone(false), 1500);
  };
  return (
    <button type="button" className="quiet square" onClick={() => void copy()} aria-label={label} title={label}>
      <Icon name={isDone ? 'check' : 'copy'} size={15} />
    </button>
  );
}

export interface Tab {
  id: string;
  label: string;
  count?: number;
}

/** Tabs by the rules of ARIA: arrows move, one is in the tab order. */
export function Tabs({ tabs, active, choose, label }: { tabs: Tab[]; active: string; choose: (id: string) => void; label: string }) {
  const step = (by: number) => {
    const at = tabs.findIndex((tab) => tab.id === active);
    const next = tabs[(at + by + tabs.length) % tabs.length]!;
    choose(next.id);
    document.getElementById(`tab-${next.id}`)?.focus();
  };
  return (
    <div className="tabs" role="tablist" aria-label={label}>
      {tabs.map((tab) => (
        <button
          key={tab.id} id={`tab-${tab.id}`} type="button" role="tab" aria-selected={tab.id === active} aria-controls={`panel-${tab.id}`} tabIndex={tab.id === active ? 0 : -1}
          onClick={() => choose(tab.id)}
          onKeyDown={(event) => {
            if (event.key === 'ArrowRight') step(1);
            if (event.key === 'ArrowLeft') step(-1);
          }}
        >
          {tab.label}{tab.count !== undefined && <span className="count">{tab.count}</span>}
        </button>
      ))}
    </div>
  );
}
