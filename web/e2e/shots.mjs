// Takes pictures of pages, to look at:  node e2e/shots.mjs URL FOLDER [PAGE...]
import { mkdirSync } from 'node:fs';
import { openBrowser } from './browser.mjs';

const [url, folder, ...wanted] = process.argv.slice(2);
const PAGES = {
  spend: '/spend', month: '/spend?period=12m&by=ServiceProviderName', rows: '/spend/rows?period=30d', sources: '/sources',
  flows: '/flows', executions: '/executions',
};
mkdirSync(folder, { recursive: true });
const browser = await openBrowser();
const context = await browser.newContext({ viewport: { width: 1360, height: 900 } });
const page = await context.newPage();
page.on('console', (message) => message.type() === 'error' && console.log('console:', message.text()));
page.on('pageerror', (error) => console.log('page error:', error.message));
await page.goto(url);
for (const name of wanted.length ? wanted : Object.keys(PAGES)) {
  const [base, ...looks] = name.split('+');
  await page.emulateMedia({ colorScheme: looks.includes('dark') ? 'dark' : 'light' });
  await page.setViewportSize(looks.includes('phone') ? { width: 390, height: 844 } : { width: 1360, height: 900 });
  await page.goto(new URL(PAGES[base] ?? base, url).href);
  await page.waitForTimeout(500);
  await page.locator('.loading, .busy, .bone-chart').first().waitFor({ state: 'detached', timeout: 60_000 }).catch(() => {});
  await page.waitForTimeout(700);
  await page.screenshot({ path: `${folder}/${name.replaceAll('/', '_').replace(/[?&=]/g, '-')}.png`, fullPage: looks.includes('full') });
}
await browser.close();
