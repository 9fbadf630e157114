// A stand-in for the server while pages are made: serves dist/ and answers the API from made-up data.
//   node e2e/mock.mjs [PORT]
import { createServer } from 'node:http';
import { existsSync, readFileSync } from 'node:fs';
import { dirname, extname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const dist = join(dirname(fileURLToPath(import.meta.url)), '..', 'dist');
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml', '.woff2': 'font/woff2' };
const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; connect-src 'self'; base-uri 'none'";

const SERVICES = [
  ['Amazon Elastic Compute Cloud', 'Amazon Web Services', 410], ['Amazon Relational Database Service', 'Amazon Web Services', 190],
  ['Amazon Simple Storage Service', 'Amazon Web Services', 120], ['BigQuery', 'Google Cloud', 150], ['Virtual Machines', 'Microsoft Azure', 170],
  ['Azure SQL Database', 'Microsoft Azure', 80], ['AWS Lambda', 'Amazon Web Services', 40], ['Cloud Storage', 'Google Cloud', 60],
  ['CloudWatch', 'Amazon Web Services', 25], ['Observability platform', 'Datadog', 75], ['Key Vault', 'Microsoft Azure', 6], [null, 'Amazon Web Services', 12],
];
const REGIONS = ['us-east-1', 'eu-central-1', 'westeurope'];
const DAY = 86_400_000;
const today = new Date(new Date().toISOString().slice(0, 10) + 'T00:00:00Z').getTime();
const first = today - 400 * DAY;

// One charge a service and day; a wave of a week and growth of a year, so that the chart has something to show.
const charges = [];
for (let at = first; at <= today - DAY; at += DAY) {
  const date = new Date(at);
  SERVICES.forEach(([service, provider, base], i) => {
    const week = [0.82, 1.05, 1.08, 1.1, 1.06, 1.02, 0.84][date.getUTCDay()];
    const wobble = 1 + 0.06 * Math.sin(i * 7.3 + (at / DAY) * 0.9);
    const spike = i === 3 && Math.abs(at - (today - 41 * DAY)) < DAY ? 2.6 : 1;
    const cost = base * week * wobble * spike * (0.75 + (0.5 * (at - first)) / (400 * DAY));
    charges.push({
      ChargePeriodStart: date.toISOString().slice(0, 10), ServiceName: service, ServiceProviderName: provider, ServiceCategory: 'Compute',
      SubAccountName: ['shop', 'platform', 'data'][i % 3], RegionId: REGIONS[i % 3], ChargeCategory: 'Usage', BillingCurrency: 'USD',
      x_Source: provider.split(' ')[0].toLowerCase(), EffectiveCost: cost, BilledCost: cost * 0.97, ListCost: cost * 1.3, ContractedCost: cost * 1.1,
    });
  });
}

/** Understands only the conditions that the pages write: "Column" = 'value' and IS NULL, joined by AND. */
function fits(where) {
  const parts = (where ?? '').split(' AND ').filter(Boolean).map((part) => {
    const equal = /^"?(\w+)"? = '?(.*?)'?$/.exec(part);
    if (equal) return (row) => String(row[equal[1]]) === equal[2].replaceAll("''", "'");
    const none = /^"?(\w+)"? IS NULL$/.exec(part);
    return none ? (row) => row[none[1]] === null : () => true;
  });
  return (row) => parts.every((part) => part(row));
}

const within = (query) => (row) => (!query.get('from') || row.ChargePeriodStart >= query.get('from')) && (!query.get('to') || row.ChargePeriodStart < query.get('to'));

function costQuery(query) {
  const metric = query.get('metric') ?? 'EffectiveCost';
  if (/NoSuch/.test(query.get('by'))) return null;
  const by = (query.get('by') ?? '').split(',').find((one) => one !== 'BillingCurrency');
  const step = query.get('granularity') ?? 'none';
  const sums = new Map();
  for (const row of charges.filter(within(query)).filter(fits(query.get('where')))) {
    const time = step === 'day' ? row.ChargePeriodStart : step === 'month' ? `${row.ChargePeriodStart.slice(0, 7)}-01` : null;
    const key = JSON.stringify([time, by ? (row[by] ?? null) : null]);
    sums.set(key, (sums.get(key) ?? 0) + row[metric]);
  }
  const columns = [...(step === 'none' ? [] : [{ name: 'ChargePeriod', type: 'date' }]), ...(by ? [{ name: by, type: 'text' }] : []), { name: 'BillingCurrency', type: 'text' }, { name: metric, type: 'decimal' }];
  const rows = [...sums].map(([key, sum]) => {
    const [time, group] = JSON.parse(key);
    return { ...(time ? { ChargePeriod: time } : {}), ...(by ? { [by]: group } : {}), BillingCurrency: 'USD', [metric]: Number(sum.toFixed(10)) };
  });
  return { columns, rows, answeredBy: 'rollup', currencies: ['USD'] };
}

function fullRow(row, i) {
  return {
    ...row, ChargePeriodStart: `${row.ChargePeriodStart}T00:00:00Z`, ChargePeriodEnd: null, ResourceId: `i-0${(i * 7919).toString(16)}`, ResourceName: null,
    ChargeDescription: '$0.0416 per On Demand Linux t3.medium Instance Hour', ConsumedQuantity: 24.5, ConsumedUnit: 'Hours', Tags: { team: 'web', env: 'prod' },
    InvoiceId: 'INV-2026-1', SkuId: 'JRTCKXETXF', x_Period: row.ChargePeriodStart.slice(0, 7), x_File: 0, x_Row: i + 1,
  };
}

const YAML = `id: nightly_report
namespace: company.finops
description: Finds untagged instances and tells the owners.
inputs:
  - id: team
    type: STRING
    defaults: web
tasks:
  - id: find
    type: io.kestra.plugin.aws.cli.AwsCLI
    commands:
      - aws ec2 describe-instances --output json > found.json  # all regions
  - id: tell
    type: io.kestra.plugin.slack.notifications.SlackIncomingWebhook
    url: "{{ secret('SLACK_WEBHOOK_URL') }}"
triggers:
  - id: daily
    type: io.kestra.plugin.core.trigger.Schedule
    cron: "0 9 * * 1-5"
`;
const flow = { id: 'nightly_report', namespace: 'company.finops', revision: 3, description: 'Finds untagged instances and tells the owners.', disabled: false, inputs: [{ id: 'team', type: 'STRING', defaults: 'web' }] };

const hello = { ...flow, id: 'hello_browser', namespace: 'e2e.web', revision: 1, inputs: [{ id: 'name', type: 'STRING', defaults: 'Ada' }] };

const started = Date.now() - 3_600_000;
const executions = Array.from({ length: 31 }, (_, i) => execution(`Ex${String(i).padStart(2, '0')}aB3dE5fG7hJ9kL1mN`, started - i * 7_200_000, i === 0 ? null : i % 7 === 3 ? 'FAILED' : 'SUCCESS'));

function state(current, from, to) {
  const histories = [{ state: 'CREATED', date: new Date(from).toISOString() }, { state: 'RUNNING', date: new Date(from + 40).toISOString() }];
  if (to) histories.push({ state: current, date: new Date(to).toISOString() });
  return { current, histories, startDate: histories[0].date, ...(to ? { endDate: new Date(to).toISOString() } : {}) };
}

function execution(id, at, end) {
  const run = (n, taskId, from, to, parentTaskRunId) => ({
    id: `${id}-${n}`, executionId: id, taskId, parentTaskRunId, attempts: [{}], state: state(to ? (end === 'FAILED' && taskId === 'tell' ? 'FAILED' : 'SUCCESS') : 'RUNNING', at + from, to ? at + to : null),
    outputs: to && taskId === 'tell' ? { value: 'given to Grace' } : to && taskId === 'find' ? { exitCode: 0, vars: { ids: ['i-01', 'i-02'] }, outputFiles: { 'found.json': `kestra:///company/finops/executions/${id}/tasks/find/x/found.json` } } : {},
  });
  return {
    id, namespace: 'company.finops', flowId: 'nightly_report', flowRevision: 3, inputs: { team: 'web' }, labels: [], trigger: end ? { id: 'daily', type: 'io.kestra.plugin.core.trigger.Schedule' } : null,
    state: end ? state(end, at, at + 9400) : state('RUNNING', Date.now() - 3000, null),
    taskRunList: [run(1, 'parallel', 100, 6200), run(2, 'find', 180, 4100, `${id}-1`), run(3, 'find_volumes', 190, 6100, `${id}-1`), run(4, 'tell', 6300, end ? 9300 : null)],
  };
}

const logs = (id) => ['Starting', 'aws ec2 describe-instances --output json', 'found 2 instances without an owner', 'hello from the browser, Grace'].map((message, i) => ({
  id: i + 1, executionId: id, taskId: i < 3 ? 'find' : 'tell', taskRunId: `${id}-${i < 3 ? 2 : 4}`, attemptNumber: 0, timestamp: new Date(started + i * 1200).toISOString(), level: i === 2 ? 'WARN' : 'INFO', message,
}));

const SOURCES = ['amazon', 'google', 'microsoft', 'datadog'];
function api(method, path, query) {
  const parts = path.split('/');
  if (path === 'ledger/query') return costQuery(query);
  if (path === 'ledger/rows') {
    const rows = charges.filter(within(query)).filter(fits(query.get('where'))).sort((a, b) => b.EffectiveCost - a.EffectiveCost);
    const offset = Number(query.get('offset') ?? 0);
    return { columns: [], rows: rows.slice(offset, offset + Number(query.get('limit') ?? 50)).map((row) => fullRow(row, charges.indexOf(row))) };
  }
  if (path === 'ledger/trace') {
    const row = Number(/x_Row = (\d+)/.exec(query.get('where'))?.[1] ?? 1);
    const charge = fullRow(charges[row - 1], row - 1);
    return { lines: [{ source: charge.x_Source, period: charge.x_Period, generation: 2, file: `bills/${charge.x_Source}/${charge.x_Period}/cur-00001.csv.gz`, sha256: 'c0ffee'.repeat(10) + 'beef', row, mapping: 'aws_cur/1', deliveryId: 'd4k9', bookedAt: new Date(started).toISOString(), charge }] };
  }
  if (path === 'ledger/sources') {
    return { columns: [], sources: SOURCES.map((source, i) => ({
      Source: source, Periods: 13, FirstPeriod: '2025-11', LastPeriod: '2026-11', NewestCharge: new Date(today - DAY).toISOString(), LastBooking: new Date(started).toISOString(),
      Charges: 12_000 * (i + 1), Bytes: 881_230 * (i + 1), BilledCost: i === 1 ? '120345.5678 USD, 44.1 EUR' : '120345.5678 USD', Quarantined: i === 2 ? 3 : 0, Findings: i ? i - 1 : 0, Mapping: 'aws_cur/1', Label: 'bills/x',
    })) };
  }
  if (path === 'ledger/reconcile') {
    return { columns: [], rows: SOURCES.map((source, i) => ({
      InvoiceIssuerName: source, InvoiceId: i === 3 ? null : `INV-${source}-1`, BillingCurrency: 'USD', BilledCost: 1234.5 + i, InvoiceDetailCost: i === 3 ? null : 1234.5 + i + (i === 2 ? 0.02 : 0),
      Difference: i === 3 ? null : i === 2 ? -0.02 : 0.0, Status: i === 3 ? 'nothing to compare with' : i === 2 ? 'differs' : 'matches',
    })) };
  }
  if (path === 'ledger/generations') return { generations: [1, 2].map((generation) => ({ source: query.get('source'), period: '2026-01', dataset: 'cost_and_usage', generation, rows: 1200, bytes: 88_123, label: 'x', mapping: 'aws_cur/1', bookedAt: new Date(started).toISOString(), supersededAt: null, isCurrent: generation === 2 })) };
  if (path === 'ledger/receipts') return { receipts: [{ source: query.get('source'), label: 'bills/aws', rowsRead: 1200, rowsBooked: 1199, quarantined: [{ reason: 'EffectiveCost is no number', rows: 1, first_file: 'a.csv', first_row: 12 }], findings: [{ rule: 'focus.tags.null', message: 'Tags are missing', rows: 40 }] }] };
  if (path === 'flows/search') return { results: [flow, hello], total: 2 };
  if (method === 'POST' && path === 'flows') return hello;
  if (path === 'flows/validate') return [{ index: 0, constraints: null, problems: [{ level: 'warning', message: 'The url of a webhook should be a secret of this namespace', line: 15, column: 10 }] }];
  if (parts[0] === 'flows' && parts.length === 3) return { ...(parts[2] === 'hello_browser' ? hello : flow), source: YAML };
  if (path === 'triggers/search') return { results: [{ namespace: 'company.finops', flowId: 'nightly_report', triggerId: 'daily', cron: '0 9 * * 1-5', next: new Date(Date.now() + 5 * 3_600_000).toISOString() }], total: 1 };
  if (path === 'executions/search') {
    const found = executions.filter((one) => !query.get('state') || one.state.current === query.get('state'));
    const size = Number(query.get('size') ?? 25);
    const page = Number(query.get('page') ?? 1);
    return { results: found.slice((page - 1) * size, page * size), total: found.length };
  }
  if (method === 'POST' && parts[0] === 'executions' && parts.length === 3) return Object.assign(executions[1], { flowId: parts[2], inputs: { name: 'Grace' } });
  if (parts[0] === 'executions' && parts.length === 2) return executions.find((one) => one.id === parts[1]) ?? null;
  return null;
}

function stream(response, path) {
  response.writeHead(200, { 'Content-Type': 'text/event-stream' });
  const say = (id, data) => response.write(`id: ${id}\ndata: ${JSON.stringify(data)}\n\n`);
  const [kind, id] = path.split('/');
  if (kind === 'executions') say('start', executions.find((one) => one.id === id));
  if (kind === 'logs') logs(id).forEach((line, i) => setTimeout(() => say('progress', line), 150 * i));
}

createServer((request, response) => {
  const url = new URL(request.url, 'http://x');
  response.setHeader('Content-Security-Policy', CSP);
  if (!url.pathname.startsWith('/api/')) {
    const file = join(dist, url.pathname);
    const path = extname(file) && existsSync(file) ? file : join(dist, 'index.html');
    response.writeHead(200, { 'Content-Type': TYPES[extname(path)] ?? 'text/plain' });
    return response.end(readFileSync(path));
  }
  const path = decodeURIComponent(url.pathname.slice('/api/v1/main/'.length));
  if (path === 'events' || path.endsWith('/follow')) return stream(response, path);
  const answer = api(request.method, path, url.searchParams);
  response.writeHead(answer ? 200 : 404, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(answer ?? { message: `There is nothing at ${request.url}`, _embedded: { errors: [] } }));
}).listen(Number(process.argv[2] ?? 8090), '127.0.0.1', function () {
  console.log(`http://127.0.0.1:${this.address().port}/`);
});
