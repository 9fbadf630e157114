import { parseExact } from './exact';

export const API = '/api/v1/main/';

/** An answer that was no success, in the words of the server. */
export class ApiError extends Error {
  constructor(
    readonly status: number,
    message: string,
    readonly details: string[] = [],
  ) {
    super(message);
  }
}

export type Query = Record<string, string | number | boolean | string[] | null | undefined>;

export function apiUrl(path: string, query: Query = {}): string {
  const params = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    if (value === null || value === undefined || value === '') continue;
    params.set(name, Array.isArray(value) ? value.join(',') : String(value));
  }
  const text = params.toString();
  return API + path + (text ? `?${text}` : '');
}

async function answerOf(response: Response): Promise<unknown> {
  const text = await response.text();
  const isJson = response.headers.get('content-type')?.includes('json');
  if (response.ok) return text && isJson ? parseExact(text) : text || null;
  let message = text || response.statusText;
  let details: string[] = [];
  if (isJson) {
    const body = JSON.parse(text) as { message?: string; _embedded?: { errors?: { message: string }[] } };
    message = body.message ?? message;
    details = (body._embedded?.errors ?? []).map((error) => error.message);
  }
  throw new ApiError(response.status, message, details);
}

export async function get<T>(path: string, query: Query = {}, signal?: AbortSignal): Promise<T> {
  return (await answerOf(await fetch(apiUrl(path, query), { signal }))) as T;
}

export async function send<T>(method: string, path: string, body?: BodyInit, type?: string): Promise<T> {
  const headers: HeadersInit = type ? { 'Content-Type': type } : {};
  return (await answerOf(await fetch(API + path, { method, body, headers }))) as T;
}

export type Cell = string | number | boolean | null | Record<string, unknown> | unknown[];
export type Row = Record<string, Cell>;
export interface Table {
  columns: { name: string; type: string }[];
  rows: Row[];
}

export interface State {
  current: string;
  histories: { state: string; date: string }[];
  duration?: string | number;
  startDate?: string;
  endDate?: string;
}
export interface TaskRun {
  id: string;
  taskId: string;
  parentTaskRunId?: string;
  value?: string;
  attempts?: { state: State }[];
  outputs?: Record<string, unknown>;
  state: State;
}
export interface Execution {
  id: string;
  namespace: string;
  flowId: string;
  flowRevision: number;
  inputs?: Record<string, unknown>;
  outputs?: Record<string, unknown>;
  labels?: { key: string; value: string }[];
  trigger?: { id: string; type: string } | null;
  state: State;
  taskRunList?: TaskRun[];
}
export interface LogLine {
  id: number;
  taskId?: string;
  taskRunId?: string;
  attemptNumber?: number;
  timestamp: string;
  level: string;
  message: string;
}
export interface Flow {
  id: string;
  namespace: string;
  revision: number;
  description?: string;
  disabled?: boolean;
  updated?: string;
  source?: string;
  inputs?: FlowInput[];
  triggers?: { id: string; type: string; cron?: string }[];
}
export interface FlowInput {
  id: string;
  type: string;
  displayName?: string;
  description?: string;
  defaults?: unknown;
  required?: boolean;
  values?: string[];
}
export interface Problem {
  level: 'error' | 'warning';
  message: string;
  line: number;
  column: number;
}
export interface Trigger {
  namespace: string;
  flowId: string;
  triggerId: string;
  cron?: string;
  next?: string | null;
}
export interface Page<T> {
  results: T[];
  total: number;
}
export interface TraceLine {
  source: string;
  period: string;
  generation: number;
  file: string;
  sha256: string;
  row: number;
  mapping: string;
  deliveryId: string;
  bookedAt: string;
  charge: Row | null;
}
