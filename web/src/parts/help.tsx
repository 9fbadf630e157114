import { Dialog } from './dialog';

const KEYS: [keys: string[], text: string][] = [
  [['g', 's'], 'go to Spend'],
  [['g', 'o'], 'go to Sources'],
  [['g', 'f'], 'go to Flows'],
  [['g', 'e'], 'go to Executions'],
  [['/'], 'to the search or filter field'],
  [['↑', '↓'], 'move in a table'],
  [['Enter'], 'open the row'],
  [['t'], 'light or dark'],
  [['?'], 'this help'],
  [['Esc'], 'close what is open'],
];

export function HelpDialog({ close }: { close: () => void }) {
  return (
    <Dialog title="Keys" close={close}>
      <dl className="keys">
        {KEYS.map(([keys, text]) => (
          <div key={text}>
            <dt>{keys.map((key) => <kbd key={key}>{key}</kbd>)}</dt>
            <dd>{text}</dd>
          </div>
        ))}
      </dl>
    </Dialog>
  );
}
