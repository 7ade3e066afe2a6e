// Everything that the guide to webhooks promises, as a newcomer walks it in the console, with a real receiver.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { after, before, test } from 'node:test';

import { Console, launch } from './support/browser.mjs';
import { Daemon } from './support/daemon.mjs';
import { is_signed, Receiver } from './support/receiver.mjs';

let browser, daemon, receiver, screen, page;

before(async () => {
  [browser, daemon, receiver] = await Promise.all([launch(), Daemon.start(), Receiver.start()]);
  screen = await Console.open(browser, daemon, { signed_in: false });
  page = screen.page;
});
after(async () => {
  await screen?.close();
  await browser?.close();
  receiver?.close();
  await daemon?.close();
});

const button = (name, within = page) => within.getByRole('button', { name, exact: true });
const link = (name) => page.getByRole('link', { name, exact: true });
const clipboard = () => page.evaluate(() => navigator.clipboard.readText());
const shell = (command) => execFileSync('sh', ['-c', command], { encoding: 'utf8', env: { PATH: process.env.PATH } });

let secret, curl;

// Each step goes on where the one before it ended.
let broken = false;
function step(name, walk) {
  test(name, async (context) => {
    if (broken) return context.skip('an earlier step failed');
    broken = true;
    await walk();
    broken = false;
  });
}

step('a wrong key is told so, the right one signs in and stays signed in', async () => {
  screen.allowed.push(/401.*\/console\/session/);
  await screen.goto('');
  await page.getByLabel('API key').fill('not a key');
  await button('Sign in').click();
  await page.getByText('This is not a key of this server.').waitFor();
  await page.getByLabel('API key').fill(daemon.key);
  await button('Sign in').click();
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
  const [cookie] = await screen.context.cookies();
  assert.equal(cookie.httpOnly, true);
  assert.equal(cookie.sameSite, 'Strict');
  await page.reload();
  await page.getByRole('heading', { name: 'Overview' }).waitFor();
});

step('a deployment is created, and its first version goes live', async () => {
  await link('Deployments').click();
  await button('New deployment').click();
  await page.getByLabel('Name').fill('research-crew');
  await button('Create deployment').click();
  await page.getByRole('heading', { name: 'research-crew' }).waitFor();
  await button('New version').click();
  await page.getByLabel('Command').fill(`sh -c 'echo "reading sources" >&2; cat'`);
  await button('Create version').click();
  await page.getByText('Version 1', { exact: true }).waitFor();
});

step('Add Incoming Webhook ends on a URL and a curl line that works as pasted', async () => {
  await link('Webhooks').click();
  await button('Add Incoming Webhook').click();
  await page.getByLabel('Name').fill('ci');
  await button('Create webhook').click();
  await button('Copy URL').click();
  const url = await clipboard();
  assert.match(url, /^http:\/\/.*\/webhooks\/runs\/[\w-]{43}$/);
  await button('Copy').click();
  curl = await clipboard();
  assert.ok(curl.includes(url));
  await page.getByRole('tab', { name: 'GitHub Actions' }).click();
  await page.getByRole('tabpanel').getByText('secrets.CREWSHIP_WEBHOOK_URL').waitFor();
  await page.getByRole('tab', { name: 'crontab' }).click();
  await button('Copy').click();
  const line = await clipboard();
  assert.ok(line.includes(url));
  // What cron hands to the shell: the line without the schedule, \% as %.
  const answer = JSON.parse(shell(line.replace(/^0 9 \* \* \* /, '').replaceAll('\\%', '%')));
  const run = await daemon.get(`/v1/runs/${answer.run_id}`);
  assert.match(run.input.date, /^\d{4}-\d\d-\d\d$/);
  await button('Done').click();
});

step('Add Outgoing Webhook shows the signing secret, this once', async () => {
  await button('Add Outgoing Webhook').click();
  await page.getByLabel('Name').fill('results');
  await page.getByLabel('Target URL').fill(receiver.url);
  await button('Create webhook').click();
  await page.getByText('shown this once').waitFor();
  await button('Copy secret').click();
  secret = await clipboard();
  assert.match(secret, /^whsec_/);
  for (const language of ['Python', 'Node', 'Go']) {
    await page.getByRole('tab', { name: language }).click();
    await page.getByRole('tabpanel').getByText('X-Crewship-Signature').waitFor();
  }
  await button('I have saved it').click();
  await page.reload();
  await button('results').waitFor();
  assert.equal(await page.getByText(secret).count(), 0);
});

step('the curl line starts a run that appears without reloading, with its output and its delivery', async () => {
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Runs' }).click();
  const rows = page.getByRole('table', { name: 'Runs' }).locator('tr.row');
  await rows.first().waitFor();
  assert.equal(await rows.count(), 1);
  const { run_id } = JSON.parse(shell(curl));
  const row = page.locator('tr.row', { has: page.locator(`a[href*="${run_id}"]`) });
  await row.getByText('succeeded', { exact: true }).waitFor();
  await row.locator('a.row-link').click();
  await page.getByRole('heading', { name: 'Run', exact: true }).waitFor();
  await page.getByRole('region', { name: 'Log' }).getByText('reading sources').waitFor();
  await page.getByRole('group', { name: 'Output' }).getByText('"AI agents"').waitFor();
  const trace = page.getByRole('list').filter({ hasText: 'Attempt 1' });
  await trace.getByText('to the incoming webhook ci').waitFor();
  await trace.getByText('run.succeeded').waitFor();
  assert.ok(is_signed(secret, await receiver.delivery(1)));
});

step('the delivery is read with what was sent and what came back, and redelivered', async () => {
  await link('run.succeeded').click();
  const request = page.getByRole('region', { name: 'Request' });
  const answer = page.getByRole('region', { name: 'Answer' });
  const { headers } = await receiver.delivery(1);
  await request.getByText(headers['x-crewship-signature']).waitFor();
  await request.getByText(headers['x-crewship-delivery']).first().waitFor();
  await request.getByText('"topic": "AI agents"').waitFor();
  await answer.getByText('thank you').waitFor();
  await answer.getByText('200').waitFor();
  await button('Redeliver').click();
  const again = await receiver.delivery(2);
  assert.equal(again.headers['x-crewship-delivery'], headers['x-crewship-delivery']);
  assert.ok(is_signed(secret, again));
  await page.getByText('Attempt 2').waitFor();
});

step('a test event is sent from the webhook, and its delivery is one click away', async () => {
  await link('results').click();
  await button('Send test event').click();
  const event = await receiver.delivery(3);
  assert.equal(event.headers['x-crewship-event'], 'webhook.test');
  await link('See what became of it').click();
  await page.getByText('webhook.test', { exact: true }).first().waitFor();
  await page.getByRole('main').getByText('succeeded', { exact: true }).first().waitFor();
});

step('what failed is found by its filter and recovered, with how many it will be', async () => {
  receiver.answer = { status: 500, body: 'database is down' };
  const sent = receiver.received.length;
  shell(curl);
  await receiver.delivery(sent + 2); // the first attempt and its only quick retry
  await page.goBack();
  await page.getByRole('main').getByRole('link', { name: 'Deliveries' }).click();
  await page.getByRole('heading', { name: 'Deliveries of results' }).waitFor();
  await page.getByLabel('Status').selectOption('pending');
  await page.locator('tr.row').getByText('500', { exact: true }).waitFor();
  await page.locator('tr.row').getByText(/in (5[3-9] min|1 h)/).waitFor(); // an hour, give or take a tenth
  await page.locator('a.row-link').click();
  await page.getByRole('region', { name: 'Answer' }).getByText('database is down').first().waitFor();
  // Disabling ends what waits; it can be recovered once it is enabled again.
  await link('results').click();
  await page.getByRole('switch', { name: 'results enabled' }).click();
  await page.getByRole('dialog').getByText('end as failed').waitFor();
  await button('Disable').click();
  await page.getByRole('switch', { name: 'results enabled', checked: false }).waitFor();
  await page.getByRole('switch', { name: 'results enabled' }).click();
  await page.getByRole('switch', { name: 'results enabled', checked: true }).waitFor();
  receiver.answer = { status: 200, body: 'ok' };
  await page.getByRole('main').getByRole('link', { name: 'Deliveries' }).click();
  await button('Recover failed…').click();
  await page.getByText('1 failed delivery will be sent again').waitFor();
  const before_recovery = receiver.received.length;
  await button('Send 1 again').click();
  assert.ok(is_signed(secret, await receiver.delivery(before_recovery + 1)));
  await page.locator('tr.row').first().getByText('succeeded', { exact: true }).waitFor();
});

step('Regenerate Secret warns, and the new one signs from then on', async () => {
  await link('Webhook results').click();
  await button('Regenerate Secret').click();
  await page.getByRole('dialog').getByText('stops at once').waitFor();
  await button('Regenerate').click();
  await button('Copy secret').click();
  const renewed = await clipboard();
  assert.notEqual(renewed, secret);
  const sent = receiver.received.length;
  shell(curl);
  const delivery = await receiver.delivery(sent + 1);
  assert.ok(is_signed(renewed, delivery));
  assert.ok(!is_signed(secret, delivery));
  await button('I have saved it').click();
});

step('the Enabled switch of an incoming webhook closes its URL and opens it again', async () => {
  const status = () => shell(`${curl.replace('curl', "curl -s -o /dev/null -w '%{http_code}'")}`);
  await page.getByRole('switch', { name: 'ci enabled' }).click();
  await page.getByRole('switch', { name: 'ci enabled', checked: false }).waitFor();
  assert.equal(status(), '404');
  await page.getByRole('switch', { name: 'ci enabled' }).click();
  await page.getByRole('switch', { name: 'ci enabled', checked: true }).waitFor();
  assert.equal(status(), '202');
});

step('a regenerated URL replaces the old one, and a deleted webhook is gone once its name is typed', async () => {
  await button('ci').click();
  await button('Regenerate URL').click();
  await button('Regenerate').click();
  const old = /http[^"]*/.exec(curl)[0];
  await page.getByLabel('URL of ci').getByText(old).waitFor({ state: 'detached' });
  await button('Delete', page.locator('.unfolded')).click();
  const sure = button('Delete webhook');
  assert.ok(await sure.isDisabled());
  await page.getByLabel('Type “ci” to confirm').fill('ci');
  await sure.click();
  await page.getByText('No incoming webhook yet').waitFor();
});

step('another version goes live and is rolled back, each said before it is done', async () => {
  await link('Versions').click();
  await button('New version').click();
  await page.getByLabel('What it starts').selectOption('builtin');
  await button('Create version').click();
  await page.getByText('v2', { exact: true }).waitFor();
  await button('Make live in production').click();
  await page.getByRole('dialog').getByText('Production points at version 1 now').waitFor();
  await button('Make live').click();
  await page.getByText('Version 2', { exact: true }).waitFor();
  await button('Roll back production').click();
  await page.getByRole('dialog').getByText('Production points at version 2 now').waitFor();
  await button('Roll back').click();
  await page.getByText('Version 1', { exact: true }).waitFor();
});

step('an API key is made, shown once, and deleted', async () => {
  await link('Settings').click();
  await button('New API key').click();
  await page.getByLabel('Name').fill('deploy script');
  await button('Create key').click();
  await button('Copy key').click();
  const key = await clipboard();
  const status = async () => (await fetch(`${daemon.url}/v1/runs`, { headers: { Authorization: `Bearer ${key}` } })).status;
  assert.equal(await status(), 200);
  await button('I have saved it').click();
  await button('Delete deploy script').click();
  await page.getByLabel('Type “deploy script” to confirm').fill('deploy script');
  await button('Delete key').click();
  await button('Delete deploy script').waitFor({ state: 'detached' });
  assert.equal(await status(), 401);
});

step('signing out ends the session for good', async () => {
  screen.allowed.push(/ERR_INCOMPLETE_CHUNKED/); // the server cuts off the stream that the session opened
  const cookies = await screen.context.cookies();
  await button('Sign out').click();
  await page.getByRole('heading', { name: 'Sign in to crewshipd' }).waitFor();
  const { name, value } = cookies[0];
  const answer = await fetch(`${daemon.url}/v1/runs`, { headers: { Cookie: `${name}=${value}` } });
  assert.equal(answer.status, 401);
});
