const TONES: Record<string, string> = {
  SUCCESS: 'good', WARNING: 'warn', FAILED: 'bad', KILLED: 'bad', KILLING: 'bad', CANCELLED: 'mute', SKIPPED: 'mute',
  RUNNING: 'live', RESTARTED: 'live', RETRYING: 'live', SUBMITTED: 'live', CREATED: 'mute', QUEUED: 'mute', PAUSED: 'warn',
};

export function stateTone(state: string): string {
  return TONES[state] ?? 'mute';
}

export function isTerminal(state: string): boolean {
  return /^(SUCCESS|WARNING|FAILED|KILLED|CANCELLED|RETRIED|SKIPPED|RESUBMITTED)$/.test(state);
}

/** A state by word and colour: never by colour alone. */
export function StateBadge({ state }: { state: string }) {
  return <span className={`badge ${stateTone(state)}`}><i aria-hidden="true" />{state.toLowerCase()}</span>;
}
