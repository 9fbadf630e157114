// What must hold of the pages, claim by claim. Each test begins where it wants and leaves nothing behind that the next needs,
// except for the session that the first one opens.
import assert from 'node:assert/strict';

const FLOW = `id: hello_browser
namespace: e2e.web
description: Says hello to the browser test.
inputs:
  - id: name
    type: STRING
    defaults: Ada
tasks:
  - id: say
    type: io.kestra.plugin.core.log.Log
    message: "hello from the browser, {{ inputs.name }}"
  - id: give
    type: io.kestra.plugin.core.debug.Return
    format: "given to {{ inputs.name }}"
`;

const open = async (page, url, path) => page.goto(new URL(path, url).href);
const heading = (page, text) => page.getByRole('heading', { level: 1, name: text }).waitFor();
const amountOf = (text) => Number(text.replaceAll('−', '-').replace(/[^0-9.-]/g, ''));
const spendTable = (page) => page.getByRole('table', { name: /^Cost by/ });

async function spendIsShown(page) {
  await page.locator('[data-total]').waitFor();
  await page.locator('.busy').waitFor({ state: 'detached' });
}

async function whole(page) {
  await spendIsShown(page);
  return page.locator('[data-total]').innerText();
}

export const tests = {
  async 'the printed address opens a session and leaves a clean address'({ page, url }) {
    await page.goto(url);
    await heading(page, 'Spend');
    assert.ok(!page.url().includes('token='), page.url());
  },

  async 'the rows of the table add up to the total'({ page, url }) {
    await open(page, url, '/spend?period=12m');
    const total = amountOf(await whole(page));
    const cells = await spendTable(page).locator('tbody tr td:nth-child(2)').allInnerTexts();
    assert.ok(cells.length > 1, 'fewer than two groups');
    const sum = cells.map(amountOf).reduce((a, b) => a + b, 0);
    // Each shown number is rounded to a cent.
    assert.ok(Math.abs(sum - total) <= 0.005 * (cells.length + 1), `${sum} is not ${total}`);
  },

  async 'the address holds the state, and back restores it'({ page, url }) {
    await open(page, url, '/spend?period=12m');
    const before = await whole(page);
    await page.getByLabel('Group by').selectOption('ServiceProviderName');
    await page.getByLabel('Cost', { exact: true }).selectOption('ListCost');
    await page.getByRole('columnheader', { name: 'Provider' }).waitFor();
    assert.match(page.url(), /by=ServiceProviderName/);
    assert.match(page.url(), /metric=ListCost/);
    await page.reload();
    await page.getByRole('columnheader', { name: 'Provider' }).waitFor();
    await page.goBack();
    await page.goBack();
    await page.getByRole('columnheader', { name: 'Service' }).waitFor();
    assert.equal(await whole(page), before);
  },

  async 'another grouping shows the same total'({ page, url }) {
    await open(page, url, '/spend?period=12m&by=ServiceName');
    const byService = await whole(page);
    await open(page, url, '/spend?period=12m&by=SubAccountName');
    assert.equal(await whole(page), byService);
  },

  async 'the chart is drawn'({ page, url }) {
    await open(page, url, '/spend?period=12m');
    await spendIsShown(page);
    await page.waitForTimeout(400);
    const colors = await page.locator('.chart canvas').evaluate((canvas) => {
      const { data } = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height);
      const seen = new Set();
      for (let i = 0; i < data.length; i += 4 * 97) if (data[i + 3] === 255) seen.add(`${data[i]},${data[i + 1]},${data[i + 2]}`);
      return seen.size;
    });
    assert.ok(colors >= 3, `only ${colors} colours`);
  },

  async 'a filter narrows the spend down and can be taken away'({ page, url }) {
    await open(page, url, '/spend?period=12m&by=ServiceName');
    const all = amountOf(await whole(page));
    const name = await spendTable(page).locator('tbody tr').nth(1).locator('td').first().innerText();
    await page.getByRole('button', { name: 'Filter', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'Add a filter' });
    await dialog.getByLabel('Column, or tag:KEY').fill('ServiceName');
    await dialog.getByLabel(/^Value/).fill(name);
    await dialog.getByRole('button', { name: 'Add' }).click();
    await page.locator('.chip b', { hasText: name }).waitFor();
    await page.waitForFunction((before) => document.querySelector('[data-total]')?.textContent !== before, await page.locator('[data-total]').innerText()).catch(() => {});
    const part = amountOf(await whole(page));
    assert.ok(Math.abs(part) < Math.abs(all), `${part} is not less than ${all}`);
    await page.getByRole('button', { name: 'Remove the filter ServiceName' }).click();
    await page.locator('.chip b').waitFor({ state: 'detached' });
  },

  async 'a number leads to its rows, and a row to its file, sha256 and row number'({ page, url }) {
    await open(page, url, '/spend?period=12m&by=ServiceName');
    await spendIsShown(page);
    await spendTable(page).locator('tbody tr').first().locator('a.amount').click();
    await heading(page, 'Rows');
    const first = page.getByRole('table', { name: 'Charges' }).locator('tbody tr').first();
    await first.focus();
    await page.keyboard.press('ArrowDown');
    await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    await page.locator('[data-trace=sha256]').first().waitFor();
    assert.match(await page.locator('[data-trace=sha256]').first().innerText(), /^[0-9a-f]{64}$/);
    assert.ok((await page.locator('[data-trace=file]').first().innerText()).length > 3);
    assert.ok(amountOf(await page.locator('[data-trace=row]').first().innerText()) >= 1);
    await page.goBack();
    await heading(page, 'Rows');
  },

  async 'a period without charges says so and offers another'({ page, url }) {
    await open(page, url, '/spend?from=1999-01-01&to=1999-02-01');
    await page.getByRole('heading', { name: 'No cost here' }).waitFor();
    await page.getByRole('button', { name: 'Show the last 12 months' }).click();
    await spendIsShown(page);
  },

  async 'a question the ledger refuses is shown in its words'({ page, url }) {
    await open(page, url, '/spend?by=NoSuchColumn');
    const message = page.getByRole('alert');
    await message.waitFor();
    assert.match(await message.innerText(), /NoSuchColumn/);
  },

  async 'sources show what was booked, down to the generation'({ page, url }) {
    await open(page, url, '/sources');
    const first = page.getByRole('table', { name: 'Sources' }).locator('tbody tr').first();
    await first.focus();
    await page.keyboard.press('Enter');
    await page.getByRole('table', { name: 'Booked periods' }).locator('tbody tr').first().waitFor();
    await page.getByText('current', { exact: true }).first().waitFor();
    await page.getByRole('heading', { name: 'Last receipt' }).waitFor();
  },

  async 'a flow is run from its page, and its logs and outputs arrive'({ page, url }) {
    await open(page, url, '/flows');
    await heading(page, 'Flows');
    const status = await page.evaluate(async (yaml) => {
      const response = await fetch('/api/v1/main/flows', { method: 'POST', body: yaml, headers: { 'Content-Type': 'application/x-yaml' } });
      return `${response.status} ${response.ok || response.status === 422 ? '' : await response.text()}`;
    }, FLOW);
    assert.match(status, /^(200|422) /, status);
    await page.reload();
    await page.getByRole('link', { name: 'hello_browser' }).first().click();
    await heading(page, 'hello_browser');
    await page.getByLabel("The flow's YAML").getByText('namespace').waitFor();
    await page.getByRole('button', { name: 'Run', exact: true }).click();
    const dialog = page.getByRole('dialog', { name: 'Run hello_browser' });
    await dialog.getByLabel('name').fill('Grace');
    await dialog.getByRole('button', { name: 'Run' }).click();
    await page.waitForURL(/\/executions\//);
    await page.locator('h1 .badge', { hasText: 'success' }).waitFor();
    await page.getByRole('log').getByText('hello from the browser, Grace').waitFor();
    assert.ok((await page.locator('.gantt-row').count()) >= 2);
    await page.getByRole('tab', { name: /^Outputs/ }).click();
    await page.getByText('given to Grace').waitFor();
    await page.getByRole('tab', { name: /^Inputs/ }).click();
    await page.getByRole('tabpanel').getByText('Grace').waitFor();
  },

  async 'the list of executions is filtered by state and opened by Enter'({ page, url }) {
    await open(page, url, '/executions');
    await page.getByLabel('State').selectOption('SUCCESS');
    await page.waitForURL(/state=SUCCESS/);
    const first = page.getByRole('table', { name: 'Executions' }).locator('tbody tr').first();
    await first.focus();
    await page.keyboard.press('Enter');
    await page.waitForURL(/\/executions\/./);
    await page.locator('h1 .badge').waitFor();
  },

  async 'keys go to pages, open help and turn the colours'({ page, url }) {
    await open(page, url, '/spend');
    await heading(page, 'Spend');
    await page.keyboard.press('g');
    await page.keyboard.press('f');
    await heading(page, 'Flows');
    await page.keyboard.press('?');
    const help = page.getByRole('dialog', { name: 'Keys' });
    await help.waitFor();
    await page.keyboard.press('Escape');
    await help.waitFor({ state: 'detached' });
    const theme = () => page.evaluate(() => document.documentElement.dataset.theme);
    assert.equal(await theme(), 'light');
    await page.keyboard.press('t');
    assert.equal(await theme(), 'dark');
    await page.keyboard.press('t');
    await page.keyboard.press('/');
    assert.equal(await page.evaluate(() => document.activeElement?.getAttribute('type')), 'search');
  },

  async 'the first Tab offers to skip to the content'({ page, url }) {
    await open(page, url, '/flows');
    await heading(page, 'Flows');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'Skip to the content');
  },

  async 'every page has its landmarks and a name for every control'({ page, url }) {
    for (const path of ['/spend', '/spend/rows?period=12m', '/sources', '/flows', '/executions']) {
      await open(page, url, path);
      await page.locator('h1').waitFor();
      await page.waitForTimeout(300);
      const found = await page.evaluate(() => ({
        h1: document.querySelectorAll('h1').length,
        main: document.querySelectorAll('main').length,
        nav: document.querySelectorAll('nav[aria-label]').length,
        nameless: [...document.querySelectorAll('button, a[href], input, select')].filter((element) =>
          !element.getAttribute('aria-label') && !element.textContent?.trim() && !element.labels?.length && !element.title).map((element) => element.outerHTML),
      }));
      assert.deepEqual(found, { h1: 1, main: 1, nav: 1, nameless: [] }, path);
    }
  },

  async 'text is readable in light and dark'({ page, url }) {
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      await open(page, url, '/executions');
      await heading(page, 'Executions');
      const low = await page.evaluate(() => {
        const style = getComputedStyle(document.documentElement);
        const rgb = (name) => {
          const hex = style.getPropertyValue(name).trim().slice(1);
          return [0, 2, 4].map((at) => parseInt(hex.slice(at, at + 2), 16) / 255).map((c) => (c <= 0.03928 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4));
        };
        const light = (name) => { const [r, g, b] = rgb(name); return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
        const ratio = (a, b) => { const [x, y] = [light(a), light(b)].sort((m, n) => n - m); return (x + 0.05) / (y + 0.05); };
        const pairs = [['--ink', '--card'], ['--ink', '--bg'], ['--mute', '--card'], ['--mute', '--bg'], ['--mute', '--side'], ['--on-accent', '--accent'], ['--accent', '--card'],
          ...['good', 'warn', 'bad', 'live', 'mute'].map((tone) => [`--${tone}`, `--${tone}-soft`])];
        return pairs.filter(([a, b]) => ratio(a, b) < 4.5).map(([a, b]) => `${a} on ${b}: ${ratio(a, b).toFixed(2)}`);
      });
      assert.deepEqual(low, [], colorScheme);
    }
    await page.emulateMedia({ colorScheme: 'light' });
  },

  async 'nothing is wider than a telephone'({ page, url }) {
    await page.setViewportSize({ width: 390, height: 844 });
    try {
      for (const path of ['/spend?period=12m', '/spend/rows?period=12m', '/sources', '/flows', '/executions']) {
        await open(page, url, path);
        await page.locator('h1').waitFor();
        await page.waitForTimeout(600);
        assert.ok(await page.evaluate(() => document.documentElement.scrollWidth <= window.innerWidth), `${path} is wider than the window`);
      }
    } finally {
      await page.setViewportSize({ width: 1360, height: 900 });
    }
  },

  async 'a page that is not there says so'({ page, url }) {
    await open(page, url, '/nothing/here');
    await page.getByRole('heading', { name: 'There is no such page' }).waitFor();
  },
};
