// Markup and scripts in every field that an outsider controls are shown as the text that they are.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import { Console, launch } from './support/browser.mjs';
import { Daemon } from './support/daemon.mjs';
import { Receiver } from './support/receiver.mjs';

const attack = (where) =>
  `${where}<img src=x onerror="window.hacked='${where}'"><script>window.hacked='${where}'</script>` +
  `"'><svg onload=alert(1)><a href="javascript:window.hacked='${where}'">x</a>`;

let browser, daemon, receiver, screen, page, deployment, webhook, run;

before(async () => {
  [browser, daemon, receiver] = await Promise.all([launch(), Daemon.start(), Receiver.start()]);
  receiver.answer = { status: 500, body: attack('answer') };
  deployment = await daemon.deployment(
    attack('deployment').slice(0, 200),
    `cat >/dev/null; printf '%s\\n' "$LINE" >&2
     printf '{"type":"%s","data":{"x":"%s"}}\\n' tool_use '<img src=x onerror=alert(2)>' >&"$CREWSHIP_EVENTS_FD"
     case $CREWSHIP_FAIL in yes) exit 3 ;; esac; printf '%s' "$LINE"`,
    { env: { LINE: attack('line') } },
  );
  webhook = await daemon.outgoing(deployment, attack('webhook').slice(0, 200), `${receiver.url}?x=%3Cscript%3Ealert(3)%3C/script%3E`);
  await daemon.post(`/v1/deployments/${deployment.id}/incoming-webhooks`, { name: attack('incoming').slice(0, 200) });
  await daemon.post('/v1/api-keys', { name: attack('key').slice(0, 200) });
  run = await daemon.ended_run(deployment, { [attack('input-name')]: attack('input') });
  await receiver.delivery(2);
  screen = await Console.open(browser, daemon);
  page = screen.page;
});
after(async () => {
  await screen?.close();
  await browser?.close();
  receiver?.close();
  await daemon?.close();
});

async function nothing_ran() {
  assert.equal(await page.evaluate(() => window.hacked), undefined);
  assert.equal(await page.locator('img, main script, a[href^="javascript:"], [onload], [onerror]').count(), 0);
}

const shows = (text) => page.getByRole('main').getByText(text).first().waitFor();

test('in a run: input, output, log, events, names', async () => {
  await screen.goto(`/runs/${run.id}`);
  await shows('input-name<img src=x');
  await shows('input<img src=x');
  await page.getByRole('region', { name: 'Log' }).getByText('line<img src=x').waitFor();
  await page.getByRole('region', { name: 'Log' }).getByText('<img src=x onerror=alert(2)>').waitFor();
  await page.getByRole('group', { name: 'Output' }).getByText('line<img src=x').waitFor();
  await shows('webhook<img src=x');
  await nothing_ran();
});

test('in a failed run: its error message', async () => {
  await daemon.post(`/v1/deployments/${deployment.id}/versions`, {
    runner: { type: 'command', command: ['sh', '-c', 'echo "$LINE" >&2; exit 3'] },
    env: { LINE: attack('error') },
    environment: 'production',
  });
  const failed = await daemon.ended_run(deployment);
  await screen.goto(`/runs/${failed.id}`);
  await shows('exited with status 3: error<img src=x');
  await screen.goto('/runs');
  await shows('exited with status 3: error<img src=x');
  await nothing_ran();
});

test("in a delivery: the receiver's answer, the URL, the body", async () => {
  const { deliveries } = await daemon.get(`/v1/outgoing-webhooks/${webhook.id}/deliveries`);
  await screen.goto(`/deliveries/${deliveries.at(-1).id}`);
  await page.getByRole('region', { name: 'Answer' }).getByText('answer<img src=x').first().waitFor();
  await page.getByLabel('Request body').last().getByText('line<img src=x').waitFor();
  await nothing_ran();
});

test('in the names of deployments, webhooks, keys and in the rows of all lists', async () => {
  await screen.goto('/deployments');
  await shows('deployment<img src=x');
  await page.locator('a.row-link').first().click();
  await page.getByRole('heading', { name: /^deployment<img/ }).waitFor();
  await page.getByRole('link', { name: 'Webhooks', exact: true }).click();
  await shows('incoming<img src=x');
  await page.getByRole('button', { name: /^webhook<img/ }).click();
  await page.getByRole('button', { name: 'Delete', exact: true }).last().click();
  await page.getByRole('dialog').getByText(/Delete webhook<img/).waitFor();
  await page.keyboard.press('Escape');
  await nothing_ran();
  await screen.goto('/settings');
  await shows('key<img src=x');
  await screen.goto(`/deliveries?outgoing_webhook_id=${webhook.id}`);
  await page.getByRole('heading', { name: /Deliveries of webhook<img/ }).waitFor();
  await screen.goto('');
  await page.getByRole('heading', { name: 'Needs attention' }).waitFor();
  await nothing_ran();
});

test('in the address', async () => {
  screen.allowed.push(/40[04]/);
  await screen.goto(`/runs/${encodeURIComponent(attack('id'))}`);
  await page.getByRole('alert').waitFor();
  await screen.goto(`/runs?status=${encodeURIComponent(attack('status'))}`);
  await page.getByRole('alert').waitFor();
  await screen.goto('/deliveries?open="><img src=x onerror=alert(4)>');
  await page.getByRole('heading', { name: 'Deliveries' }).waitFor();
  await nothing_ran();
});
