// What happens on the screen while something happens on the server.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { after, afterEach, before, beforeEach, test } from 'node:test';

import { Console, launch } from './support/browser.mjs';
import { Daemon } from './support/daemon.mjs';

let browser, daemon, screen, page, folder;

before(async () => {
  [browser, daemon] = await Promise.all([launch(), Daemon.start()]);
  folder = fs.mkdtempSync(path.join(os.tmpdir(), 'crewship-gate-'));
});
after(async () => {
  await browser?.close();
  await daemon?.close();
  fs.rmSync(folder, { recursive: true, force: true });
});
beforeEach(async () => {
  screen = await Console.open(browser, daemon);
  page = screen.page;
});
afterEach(() => screen.close());

const log = () => page.getByRole('region', { name: 'Log' });
const main = () => page.getByRole('main');
const live = () => page.locator('.live.open').waitFor();

// A named pipe: a script that reads it goes on when the test writes.
let gates = 0;
function gate() {
  const file = path.join(folder, `gate-${++gates}`);
  return { wait: `until [ -e ${file} ]; do sleep 0.02; done`, open: () => fs.writeFileSync(file, '') };
}

test("a run's log and its program's own events appear while it runs", async () => {
  const [first, second] = [gate(), gate()];
  const deployment = await daemon.deployment(
    'talker',
    `echo "one" >&2; ${first.wait}; echo '{"type":"tool_use","data":{"name":"search"}}' >&"$CREWSHIP_EVENTS_FD"
     echo "two" >&2; ${second.wait}; echo '{"done":true}'`,
  );
  const { run_id } = await daemon.run(deployment, { topic: 'robots' });
  await screen.goto(`/runs/${run_id}`);
  await log().getByText('one').waitFor();
  await main().getByText('running', { exact: true }).first().waitFor();
  assert.equal(await log().getByText('two').count(), 0);
  first.open();
  await log().getByText('two').waitFor();
  await log().getByText('tool_use').waitFor();
  await log().getByText('name: "search"').waitFor();
  const times = await page.locator('.log-row time').allInnerTexts();
  assert.equal(times.length, 3);
  for (const time of times) assert.match(time, /^\d\d:\d\d:\d\d\.\d{3}$/);
  second.open();
  await page.getByRole('group', { name: 'Output' }).getByText('done').waitFor();
  await main().getByText('succeeded', { exact: true }).first().waitFor();
});

test('a run is canceled from its page', async () => {
  const deployment = await daemon.deployment('sleeper', 'sleep 600');
  const { run_id } = await daemon.run(deployment);
  await screen.goto(`/runs/${run_id}`);
  await page.getByRole('button', { name: 'Cancel' }).click();
  await main().getByText('canceled', { exact: true }).first().waitFor();
  await page.getByText('A canceled run sends no webhook.').waitFor();
});

test('a run is started again with an edited input, whose large numbers stay as they are', async () => {
  const deployment = await daemon.deployment('echo', 'cat');
  const run = await fetch(`${daemon.url}/v1/runs`, {
    method: 'POST',
    headers: { Authorization: `Bearer ${daemon.key}` },
    body: `{"deployment_id":"${deployment.id}","input":{"order":9007199254740993,"topic":"robots"}}`,
  }).then((answer) => answer.json());
  await screen.goto(`/runs/${run.run_id}`);
  await page.getByRole('group', { name: 'Input' }).getByText('9007199254740993').waitFor();
  await page.getByRole('button', { name: 'Run again' }).click();
  const input = page.getByRole('dialog').getByRole('textbox', { name: 'Input' });
  await input.fill((await input.inputValue()).replace('robots', 'agents'));
  await page.getByRole('button', { name: 'Start run' }).click();
  await page.waitForURL((url) => !url.pathname.endsWith(run.run_id));
  await page.getByRole('group', { name: 'Input' }).getByText('"agents"').waitFor();
  await page.getByRole('group', { name: 'Input' }).getByText('9007199254740993').waitFor();
});

test('ten thousand log lines are there, and only those in sight are in the page', async () => {
  const deployment = await daemon.deployment('chatty', 'seq -f "line %g of many" 1 10000 >&2');
  const run = await daemon.ended_run(deployment);
  await screen.goto(`/runs/${run.id}`);
  await page.getByText('10,000 lines').waitFor();
  await log().getByText('line 1 of many', { exact: true }).waitFor();
  assert.ok((await page.locator('.log-row').count()) < 100);
  await log().evaluate((box) => (box.scrollTop = box.scrollHeight));
  await log().getByText('line 10000 of many').waitFor();
  assert.ok((await page.locator('.log-row').count()) < 100);
  await page.getByRole('button', { name: 'Copy log' }).click();
  await page.getByText('Copied', { exact: true }).first().waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.equal(copied.split('\n').length, 10000);
});

test('a log is searched while it grows, and its long lines are wrapped', async () => {
  const go_on = gate();
  const deployment = await daemon.deployment(
    'searched',
    `seq -f "step %g of many" 1 5000 >&2; printf 'needle %02000d end\\n' 7 >&2; ${go_on.wait}
     echo "another NEEDLE" >&2; seq -f "step %g" 1 10 >&2`,
  );
  const { run_id } = await daemon.run(deployment);
  await screen.goto(`/runs/${run_id}`);
  await page.getByText('5,001 lines').waitFor();
  await page.keyboard.press('f');
  await page.keyboard.type('Needle');
  await page.getByText('1 of 5,001 lines').waitFor();
  assert.equal(await log().locator('mark').innerText(), 'needle');
  go_on.open();
  await page.getByText('2 of 5,012 lines').waitFor();
  assert.deepEqual(await log().locator('mark').allInnerTexts(), ['needle', 'NEEDLE']);
  await page.getByRole('button', { name: 'Copy these lines' }).click();
  await page.getByText('Copied', { exact: true }).first().waitFor();
  assert.equal((await page.evaluate(() => navigator.clipboard.readText())).split('\n').length, 2);

  const overhang = () => log().evaluate((box) => box.scrollWidth - box.clientWidth);
  assert.ok((await overhang()) > 1000);
  await page.getByRole('button', { name: 'Wrap lines' }).click();
  assert.equal(await overhang(), 0);
  await log().getByText('another NEEDLE').waitFor();
  await page.getByRole('searchbox', { name: 'Search the log' }).fill('nowhere');
  await page.getByText('No line has these words').waitFor();
  await page.getByRole('button', { name: 'Show all' }).click();
  await log().evaluate((box) => (box.scrollTop = box.scrollHeight));
  await log().getByText('step 10', { exact: true }).last().waitFor();
  assert.ok((await page.locator('.log-row').count()) < 100);
  await page.reload();
  await page.getByRole('button', { name: 'Wrap lines', pressed: true }).waitFor();
});

test('rows, figures and marks follow what happens, without reloading', async () => {
  const deployment = await daemon.deployment('failing', 'echo "no such topic" >&2; exit 3');
  await screen.goto('');
  await live();
  const failed = page.getByRole('link', { name: /Failed in the last hour/ });
  await failed.locator('.figure-value').waitFor();
  const before_it = Number(await failed.locator('.figure-value').innerText());
  await daemon.ended_run(deployment);
  await failed.getByText(String(before_it + 1), { exact: true }).waitFor();
  await failed.click();
  await page.getByText('exited with status 3: no such topic').waitFor();
  assert.match(page.url(), /status=failed/);
  await daemon.ended_run(deployment);
  await page.locator('tr.row').nth(1).waitFor();
});

test('a lost server is said, what is known stays, and it comes back by itself', async () => {
  screen.allowed.push(/ERR_CONNECTION_REFUSED|ERR_INCOMPLETE_CHUNKED|ERR_CONNECTION_RESET|ERR_EMPTY_RESPONSE|503/);
  const deployment = await daemon.deployment('echo', 'cat');
  await daemon.ended_run(deployment);
  await screen.goto('/runs');
  await page.locator('tr.row').first().waitFor();
  await live();
  const rows = await page.locator('tr.row').count();
  await daemon.stop('SIGKILL');
  await page.getByRole('alert').getByText('Connection lost since').waitFor();
  assert.equal(await page.locator('tr.row').count(), rows);
  await screen.screenshot('lost-connection');
  await daemon.start();
  await daemon.ended_run(deployment);
  await page.getByRole('alert').getByText('Connection lost since').waitFor({ state: 'detached' });
  await page.locator('tr.row').nth(rows).waitFor();
  await live();
});

test('a session that ended elsewhere leads to the sign-in', async () => {
  screen.allowed.push(/401|ERR_INCOMPLETE_CHUNKED/);
  await screen.goto('/runs');
  await live();
  await screen.context.request.delete('/console/session');
  await page.getByRole('heading', { name: 'Sign in to crewshipd' }).waitFor();
});
