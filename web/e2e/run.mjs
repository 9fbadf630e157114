// Uses the pages as a person would, in headless Chromium:  node e2e/run.mjs URL [FOLDER FOR PICTURES]
// URL is what `outlay up` printed, with its token. The ledger must hold charges (the demo bills do).
import { mkdirSync } from 'node:fs';
import { tests } from './tests.mjs';
import { openBrowser } from './browser.mjs';

const [url, pictures] = process.argv.slice(2);
if (!url) {
  console.error('usage: node e2e/run.mjs URL [FOLDER FOR PICTURES]');
  process.exit(2);
}
if (pictures) mkdirSync(pictures, { recursive: true });

const browser = await openBrowser();
const context = await browser.newContext({ viewport: { width: 1360, height: 900 }, colorScheme: 'light' });
context.setDefaultTimeout(20_000);
const page = await context.newPage();
const complaints = [];
page.on('pageerror', (error) => complaints.push(`error on the page: ${error.message}`));
page.on('console', (message) => {
  // A refusal that a test provokes is told by the browser too.
  if (message.type() === 'error' && !/status of 4\d\d/.test(message.text())) complaints.push(message.text());
});

let passed = 0;
let failed = 0;
for (const [claim, test] of Object.entries(tests)) {
  try {
    await test({ page, url });
    if (complaints.length) throw new Error(complaints.splice(0).join('\n'));
    console.log(`ok    ${claim}`);
    passed++;
  } catch (error) {
    console.log(`FAIL  ${claim}\n      at ${page.url()}\n      ${String(error.message).split('\n').slice(0, 12).join('\n      ')}`);
    complaints.length = 0;
    failed++;
    if (pictures) await page.screenshot({ path: `${pictures}/failed-${failed}.png` });
    // Without a session nothing else can pass.
    if (passed === 0) break;
  }
}
await browser.close();
console.log(`${passed} passed, ${failed} failed`);
process.exit(failed ? 1 : 0);
