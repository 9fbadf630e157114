import { useEffect, useState, type ReactNode } from 'react';
import { useLiveLists } from './lib/live';
import { go, matchPath, useLocation } from './lib/router';
import { toggleTheme, useTheme } from './lib/theme';
import { HelpDialog } from './parts/help';
import { Icon, type IconName } from './parts/icons';
import { Link } from './parts/link';
import { Empty } from './parts/states';
import { ExecutionPage } from './pages/execution';
import { ExecutionsPage } from './pages/executions';
import { FlowPage } from './pages/flow';
import { FlowsPage } from './pages/flows';
import { RowPage } from './pages/row';
import { RowsPage } from './pages/rows';
import { SourcesPage } from './pages/sources';
import { SpendPage } from './pages/spend';

const NAV: { href: string; label: string; key: string; icon: IconName }[] = [
  { href: '/spend', label: 'Spend', key: 's', icon: 'spend' },
  { href: '/sources', label: 'Sources', key: 'o', icon: 'sources' },
  { href: '/flows', label: 'Flows', key: 'f', icon: 'flows' },
  { href: '/executions', label: 'Executions', key: 'e', icon: 'executions' },
];

type Named = Record<string, string>;
const ROUTES: [pattern: string, title: string, page: (named: Named) => ReactNode][] = [
  ['/', 'Spend', () => <SpendPage />],
  ['/spend', 'Spend', () => <SpendPage />],
  ['/spend/rows', 'Rows', () => <RowsPage />],
  ['/spend/row', 'Row', () => <RowPage />],
  ['/sources', 'Sources', () => <SourcesPage />],
  ['/flows', 'Flows', () => <FlowsPage />],
  ['/flows/:namespace/:id', 'Flow', (named) => <FlowPage namespace={named.namespace!} id={named.id!} />],
  ['/executions', 'Executions', () => <ExecutionsPage />],
  ['/executions/:id', 'Execution', (named) => <ExecutionPage id={named.id!} />],
];

function isTyping(target: EventTarget | null): boolean {
  return target instanceof HTMLElement && (/^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName) || target.isContentEditable);
}

/** "g" and a letter goes to a page, "?" shows the keys, "t" turns the theme, "/" finds. */
function useKeys(showHelp: () => void) {
  useEffect(() => {
    let isGoing = false;
    const press = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return;
      if (document.querySelector('dialog[open]')) return;
      const target = isGoing ? NAV.find((entry) => entry.key === event.key) : undefined;
      isGoing = event.key === 'g';
      if (target) go(target.href);
      else if (event.key === '?') showHelp();
      else if (event.key === 't') toggleTheme();
      else if (event.key === '/') {
        const field = document.querySelector<HTMLInputElement>('[data-find]');
        if (!field) return;
        event.preventDefault();
        field.focus();
      }
    };
    window.addEventListener('keydown', press);
    return () => window.removeEventListener('keydown', press);
  }, [showHelp]);
}

export function App() {
  const { path } = useLocation();
  const theme = useTheme();
  const [isHelp, setHelp] = useState(false);
  const [showHelp] = useState(() => () => setHelp(true));
  useKeys(showHelp);
  // An execution's own page follows it by streams of its own.
  useLiveLists(!path.startsWith('/executions/'));

  let page: ReactNode = null;
  let title = '';
  for (const [pattern, name, make] of ROUTES) {
    const named = matchPath(pattern, path);
    if (!named) continue;
    page = make(named);
    title = named.id ?? name;
    break;
  }
  useEffect(() => {
    document.title = title ? `${title} · Outlay` : 'Outlay';
  }, [title]);

  const section = path === '/' ? '/spend' : `/${path.split('/')[1]}`;
  return (
    <div className="shell">
      <a className="skip" href="#content">Skip to the content</a>
      <header className="side">
        <Link className="brand" href="/spend" aria-label="Outlay, to the start">
          <img src="/favicon.svg" alt="" width="26" height="26" />
          <span>Outlay</span>
        </Link>
        <nav aria-label="Pages">
          {NAV.map((entry) => (
            <Link key={entry.href} href={entry.href} aria-current={section === entry.href ? 'page' : undefined}>
              <Icon name={entry.icon} />
              <span>{entry.label}</span>
            </Link>
          ))}
        </nav>
        <div className="side-foot">
          <button type="button" className="quiet" onClick={toggleTheme} aria-label={`Switch to ${theme === 'dark' ? 'light' : 'dark'} colours`}>
            <Icon name={theme === 'dark' ? 'sun' : 'moon'} />
            <span>{theme === 'dark' ? 'Light' : 'Dark'}</span>
          </button>
          <button type="button" className="quiet" onClick={showHelp} aria-label="Keyboard help">
            <Icon name="keys" />
            <span>Keys</span>
          </button>
        </div>
      </header>
      <main id="content" tabIndex={-1}>
        {page ?? <Empty title="There is no such page" text={`Nothing is at ${path}.`} action={<Link className="button" href="/spend">To Spend</Link>} />}
      </main>
      {isHelp && <HelpDialog close={() => setHelp(false)} />}
    </div>
  );
}
