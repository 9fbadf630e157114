import { useEffect, useRef, type ReactNode } from 'react';
import { Icon } from './icons';

/** A modal dialog: the browser keeps the focus in and gives it back. */
export function Dialog({ title, close, children }: { title: string; close: () => void; children: ReactNode }) {
  const ref = useRef<HTMLDialogElement>(null);
  useEffect(() => {
    const dialog = ref.current!;
    if (!dialog.open) dialog.showModal();
    return () => dialog.close();
  }, []);
  return (
    <dialog
      ref={ref}
      aria-label={title}
      onCancel={(event) => {
        event.preventDefault();
        close();
      }}
      onClick={(event) => event.target === ref.current && close()}
    >
      <div className="dialog">
        <div className="dialog-head">
          <h2>{title}</h2>
          <button type="button" className="quiet square" onClick={close} aria-label="Close"><Icon name="close" /></button>
        </div>
        {children}
      </div>
    </dialog>
  );
}
