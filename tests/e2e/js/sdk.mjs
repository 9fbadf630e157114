// SPDX-License-Identifier: Apache-2.0
// Uses Kestra's JavaScript SDK against a server:  node sdk.mjs URL USER PASSWORD
// Prints what it found as JSON; tests/e2e/kestra_js_story.py judges it.
import Module, { createRequire } from 'node:module';

// The published package names models that it does not hold (SLA.js asks for one); nothing here uses them.
const load = Module._load;
Module._load = (request, parent, isMain) => {
  try {
    return load(request, parent, isMain);
  } catch (error) {
    if (error.code !== 'MODULE_NOT_FOUND' || !request.startsWith('./')) throw error;
    return { default: class {} };
  }
};

const [url, user, password] = process.argv.slice(2);
const Client = createRequire(import.meta.url)('@kestra-io/kestra-sdk/dist/KestraClient.js').default;
const client = new Client(url, null, user, password);

const FLOW = `id: from-js
namespace: company.finops
tasks:
  - {id: say, type: io.kestra.plugin.core.log.Log, message: Hello from JavaScript}
  - {id: value, type: io.kestra.plugin.core.debug.Return, format: "{{ 40 + 2 }}"}
outputs:
  - {id: answer, type: STRING, value: "{{ outputs.value.value }}"}
`;

/**
 * Calls one method of the SDK; answers what the server sent. The SDK takes the answer of createExecution for a list and stumbles
 * over the object that Kestra sends, so a good status is what counts.
 */
const call = (api, method, ...given) =>
  new Promise((resolve, reject) => {
    api[method](...given, (error, data, response) => {
      if (error && !response?.ok) reject(new Error(`${method}: ${error.message} ${response?.text ?? ''}`));
      else resolve({ data, body: response.body, text: response.text });
    });
  });

const flow = await call(client.flowsApi, 'createFlow', 'main', FLOW);
const created = await call(client.executionsApi, 'createExecution', 'company.finops', 'from-js', true, 'main', { labels: ['team:web'] });
const id = created.body.id;
const execution = await call(client.executionsApi, 'getExecution', id, 'main');
const found = await call(client.executionsApi, 'searchExecutions', 1, 10, 'main', {});
const logs = await call(client.logsApi, 'listLogsFromExecution', id, 'main', {});

// The SDK reads no streams, so the events are read with the address and credentials that it uses.
const stream = await fetch(`${url}/api/v1/main/executions/${id}/follow`, {
  headers: { Authorization: `Basic ${btoa(`${user}:${password}`)}`, Accept: 'text/event-stream' },
});
const events = [...(await stream.text()).matchAll(/^id: (\w+)$/gm)].map((match) => match[1]);

console.log(JSON.stringify({
  flow: { id: flow.data.id, revision: flow.data.revision },
  state: execution.body.state.current,
  answer: execution.body.outputs.answer,
  labels: execution.body.labels,
  total: found.body.total,
  messages: logs.body.map((line) => line.message),
  events,
}));
