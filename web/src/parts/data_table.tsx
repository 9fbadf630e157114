import {
  flexRender, getCoreRowModel, getSortedRowModel, useReactTable, type ColumnDef, type RowData, type SortingState,
} from '@tanstack/react-table';
import { useRef, useState, type KeyboardEvent } from 'react';
import { go } from '../lib/router';

declare module '@tanstack/react-table' {
  interface ColumnMeta<TData extends RowData, TValue> {
    isNumber?: boolean;
    /** Not needed on a narrow screen. */
    isExtra?: boolean;
    width?: string;
  }
}

interface Props<T> {
  label: string;
  rows: T[];
  columns: ColumnDef<T, any>[];
  rowKey: (row: T) => string;
  /** Where Enter or a click on a row leads; null for nowhere. */
  rowHref?: (row: T) => string | null;
  sorting?: SortingState;
  foot?: React.ReactNode;
}

/** A sortable table; with rows that lead somewhere, arrows move and Enter opens. */
export function DataTable<T>({ label, rows, columns, rowKey, rowHref, sorting: initial = [], foot }: Props<T>) {
  const [sorting, setSorting] = useState<SortingState>(initial);
  const body = useRef<HTMLTableSectionElement>(null);
  const table = useReactTable({
    data: rows, columns, state: { sorting }, onSortingChange: setSorting,
    getCoreRowModel: getCoreRowModel(), getSortedRowModel: getSortedRowModel(), getRowId: rowKey,
  });

  const move = (event: KeyboardEvent<HTMLTableRowElement>, href: string | null) => {
    if (event.target !== event.currentTarget) return;
    const all = [...(body.current?.rows ?? [])];
    const at = all.indexOf(event.currentTarget);
    const next = { ArrowDown: at + 1, ArrowUp: at - 1, Home: 0, End: all.length - 1 }[event.key];
    if (next !== undefined) {
      event.preventDefault();
      all[Math.max(0, Math.min(all.length - 1, next))]?.focus();
    } else if (event.key === 'Enter' && href) go(href);
  };

  return (
    <div className="table-box" tabIndex={-1}>
      <table aria-label={label}>
        <thead>
          {table.getHeaderGroups().map((group) => (
            <tr key={group.id}>
              {group.headers.map((header) => {
                const meta = header.column.columnDef.meta;
                const order = header.column.getIsSorted();
                const className = [meta?.isNumber && 'num', meta?.isExtra && 'extra'].filter(Boolean).join(' ');
                return (
                  <th key={header.id} scope="col" className={className} style={{ width: meta?.width }} aria-sort={order === 'asc' ? 'ascending' : order === 'desc' ? 'descending' : undefined}>
                    {header.column.getCanSort() ? (
                      <button type="button" className="sort" onClick={header.column.getToggleSortingHandler()}>
                        {flexRender(header.column.columnDef.header, header.getContext())}
                        <span aria-hidden="true">{order === 'asc' ? '↑' : order === 'desc' ? '↓' : ''}</span>
                      </button>
                    ) : flexRender(header.column.columnDef.header, header.getContext())}
                  </th>
                );
              })}
            </tr>
          ))}
        </thead>
        <tbody ref={body}>
          {table.getRowModel().rows.map((row) => {
            const href = rowHref?.(row.original) ?? null;
            return (
              <tr
                key={row.id}
                tabIndex={rowHref ? 0 : undefined}
                className={href ? 'leads' : undefined}
                onKeyDown={rowHref ? (event) => move(event, href) : undefined}
                onClick={(event) => href && !(event.target as HTMLElement).closest('a,button') && !window.getSelection()?.toString() && go(href)}
              >
                {row.getVisibleCells().map((cell) => {
                  const meta = cell.column.columnDef.meta;
                  const className = [meta?.isNumber && 'num', meta?.isExtra && 'extra'].filter(Boolean).join(' ');
                  return <td key={cell.id} className={className}>{flexRender(cell.column.columnDef.cell, cell.getContext())}</td>;
                })}
              </tr>
            );
          })}
        </tbody>
        {foot}
      </table>
    </div>
  );
}

/** "1–50 of 1,234" with links to the pages beside. */
export function Pager({ page, size, total, onPage }: { page: number; size: number; total: number; onPage: (page: number) => void }) {
  const last = Math.max(1, Math.ceil(total / size));
  if (total <= size) return null;
  return (
    <div className="pager">
      <span>{((page - 1) * size + 1).toLocaleString('en-US')}–{Math.min(page * size, total).toLocaleString('en-US')} of {total.toLocaleString('en-US')}</span>
      <button type="button" disabled={page <= 1} onClick={() => onPage(page - 1)}>Previous</button>
      <button type="button" disabled={page >= last} onClick={() => onPage(page + 1)}>Next</button>
    </div>
  );
}
