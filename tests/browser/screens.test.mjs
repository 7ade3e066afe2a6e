// Each screen in both themes and on a narrow window: pictures to look at, nothing serious that axe finds, nothing that
// hangs over the edge. And the keyboard alone.
import assert from 'node:assert/strict';
import { after, before, describe, test } from 'node:test';

import { Console, launch } from './support/browser.mjs';
import { Daemon } from './support/daemon.mjs';
import { sample } from './support/sample.mjs';

let browser, server;

before(async () => {
  [browser, server] = await Promise.all([launch(), sample()]);
});
after(async () => {
  await browser?.close();
  await server?.close();
});

const click = (page, name) => page.getByRole('button', { name, exact: true }).click();

// Name of the picture, address, and what has to be there (and done) before it is taken.
const screens = [
  ['overview', () => '', (page) => page.getByText('Needs attention').waitFor()],
  ['deployments', () => '/deployments', (page) => page.getByText('nightly-report').waitFor()],
  ['deployment', () => `/deployments/${server.crew.id}`, (page) => page.getByText('v3', { exact: true }).waitFor()],
  [
    'new-version',
    () => `/deployments/${server.crew.id}`,
    async (page) => {
      await click(page, 'New version');
      await page.getByLabel('Command').fill("python3 crew.py --topic 'AI agents'");
    },
  ],
  [
    'roll-back',
    () => `/deployments/${server.crew.id}`,
    async (page) => {
      await page.getByRole('button', { name: 'Roll back staging' }).first().click();
      await page.getByRole('dialog').waitFor();
    },
  ],
  ['webhooks', () => `/deployments/${server.crew.id}/webhooks`, (page) => page.getByText('slack').waitFor()],
  [
    'add-incoming-webhook',
    () => `/deployments/${server.crew.id}/webhooks`,
    async (page) => {
      await click(page, 'Add Incoming Webhook');
      await page.getByLabel('Name').fill('zapier');
      await click(page, 'Create webhook');
      await page.getByText('zapier is ready').waitFor();
    },
  ],
  [
    'add-outgoing-webhook',
    () => `/deployments/${server.crew.id}/webhooks`,
    async (page) => {
      await click(page, 'Add Outgoing Webhook');
      await page.getByLabel('Name').fill('ledger');
      await page.getByLabel('Target URL').fill('https://ledger.example.com/hooks');
      await click(page, 'Create webhook');
      await page.getByText('shown this once').waitFor();
    },
  ],
  [
    'outgoing-webhook',
    () => `/deployments/${server.crew.id}/webhooks?open=${server.slack.id}`,
    (page) => page.getByText('Verify what comes').waitFor(),
  ],
  ['runs', () => '/runs', (page) => page.locator('tr.row').nth(5).waitFor()],
  ['runs-empty', () => '/runs?status=canceled', (page) => page.getByText('Nothing fits this filter').waitFor()],
  [
    'run',
    () => `/runs/${server.run_id}`,
    async (page) => {
      await page.getByText('writing the summary').waitFor();
      await page.getByText('Attempt 2').waitFor();
    },
  ],
  ['run-failed', () => `/runs/${server.failed_run_id}`, (page) => page.locator('.failure').waitFor()],
  [
    'run-again',
    () => `/runs/${server.run_id}`,
    async (page) => {
      await click(page, 'Run again');
      await page.getByRole('dialog').waitFor();
    },
  ],
  ['deliveries', () => '/deliveries', (page) => page.locator('tr.row').nth(5).waitFor()],
  [
    'delivery-open',
    () => `/deliveries?outgoing_webhook_id=${server.slack.id}&open=${server.delivery_id}`,
    (page) => page.getByText('X-Crewship-Signature').last().waitFor(),
  ],
  [
    'recover',
    () => `/deliveries?outgoing_webhook_id=${server.slack.id}`,
    async (page) => {
      await click(page, 'Recover failed…');
      await page.getByText(/Nothing failed|will be sent/).waitFor();
    },
  ],
  ['delivery', () => `/deliveries/${server.delivery_id}`, (page) => page.getByText('database is down').last().waitFor()],
  ['settings', () => '/settings', (page) => page.getByText('Limits in force').waitFor()],
  [
    'keys',
    () => '/runs',
    async (page) => {
      await page.locator('tr.row').first().waitFor();
      await page.keyboard.press('?');
      await page.getByRole('dialog').waitFor();
    },
  ],
];

const looks = [
  { theme: 'light' },
  { theme: 'dark' },
  { theme: 'light', width: 380, height: 760 },
];

for (const look of looks) {
  describe(`${look.theme}, ${look.width ?? 1280} px`, () => {
    let screen;
    before(async () => {
      screen = await Console.open(browser, server.daemon, look);
    });
    after(() => screen.close());
    for (const [name, where, ready] of screens) {
      test(name, async () => {
        await screen.goto(where());
        await ready(screen.page);
        await screen.page.locator('.live.open').waitFor();
        await screen.screenshot(name);
        assert.equal(await screen.scrolls_sideways(), false, 'the page is wider than the window');
        assert.deepEqual(await screen.accessibility_findings(), []);
      });
    }
    test('sign-in', async () => {
      const stranger = await Console.open(browser, server.daemon, { ...look, signed_in: false });
      await stranger.goto('/runs');
      await stranger.page.getByLabel('API key').waitFor();
      await stranger.screenshot('sign-in');
      assert.deepEqual(await stranger.accessibility_findings(), []);
      await stranger.close();
    });
  });
}

test('a new server says what each list is and how to begin', async () => {
  const empty = await Daemon.start();
  const screen = await Console.open(browser, empty);
  const { page } = screen;
  await screen.goto('');
  await page.getByText('Nothing in this time').first().waitFor();
  await screen.screenshot('overview-empty');
  await screen.goto('/runs');
  await page.getByText('A run is one execution of a version').waitFor();
  await page.getByRole('link', { name: 'Go to the deployments' }).click();
  await page.getByText('A deployment is a named thing').waitFor();
  await screen.screenshot('deployments-empty');
  await screen.goto('/deliveries');
  await page.getByText('A delivery is one event').waitFor();
  assert.deepEqual(await screen.accessibility_findings(), []);
  await screen.close();
  await empty.close();
});

test('the keyboard alone: j, k, Enter, /, ?, Esc', async () => {
  const screen = await Console.open(browser, server.daemon);
  const { page } = screen;
  const { keyboard } = page;
  await screen.goto('/runs');
  await page.locator('tr.row').nth(2).waitFor();
  const focused_row = () => page.evaluate(() => document.activeElement?.closest('tr')?.rowIndex ?? 0);
  await keyboard.press('j');
  await keyboard.press('j');
  await keyboard.press('j');
  await keyboard.press('k');
  assert.equal(await focused_row(), 2);
  await keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Run', exact: true }).waitFor();
  await keyboard.press('/');
  await keyboard.type(server.delivery_id);
  await keyboard.press('Enter');
  await page.getByRole('heading', { name: 'Delivery', exact: true }).waitFor();
  assert.ok(page.url().endsWith(`/deliveries/${server.delivery_id}`));
  await keyboard.press('/');
  await keyboard.type('nonsense');
  await keyboard.press('Enter');
  await page.getByText('Type a whole id').waitFor();
  await keyboard.press('Escape');
  await keyboard.press('?');
  await page.getByRole('dialog').getByText('find by id').waitFor();
  await keyboard.press('Escape');
  await page.getByRole('dialog').waitFor({ state: 'detached' });
  await screen.close();
});

test('the address holds screen, filter, environment and open row; Back leaves them', async () => {
  const screen = await Console.open(browser, server.daemon);
  const { page } = screen;
  await screen.goto('/runs');
  await page.locator('tr.row').first().waitFor();
  await page.getByRole('button', { name: 'Staging' }).click();
  await page.getByText('Nothing fits this filter').waitFor();
  await page.getByRole('navigation', { name: 'Main' }).getByRole('link', { name: 'Deliveries' }).click();
  await page.getByRole('heading', { name: 'Deliveries' }).waitFor();
  assert.equal(new URL(page.url()).search, '?environment=staging');
  await page.getByRole('button', { name: 'Both' }).click();
  await page.locator('a.row-link').first().click();
  await page.getByText('Attempt 1').first().waitFor();
  await page.reload();
  await page.getByText('Attempt 1').first().waitFor();
  await page.goBack();
  await page.locator('.unfolded').waitFor({ state: 'detached' });
  await page.goBack();
  await page.goBack();
  await page.getByRole('heading', { name: 'Runs' }).waitFor();
  assert.equal(new URL(page.url()).search, '?environment=staging');
  await screen.close();
});

test('the theme is the system’s until one is chosen, which is remembered', async () => {
  const screen = await Console.open(browser, server.daemon, { theme: 'dark' });
  const { page } = screen;
  const dark = () =>
    page.evaluate(() => getComputedStyle(document.body).backgroundColor.match(/\d+/g).every((part) => Number(part) < 64));
  await screen.goto('/settings');
  await page.getByText('Limits in force').waitFor();
  assert.equal(await dark(), true);
  await page.getByRole('button', { name: 'Theme: system' }).click();
  assert.equal(await dark(), false);
  await page.reload();
  await page.getByRole('button', { name: 'Theme: light' }).waitFor();
  assert.equal(await dark(), false);
  // Also before the application is there.
  await page.route('**/assets/*.js', () => undefined);
  await page.goto('/console/settings', { waitUntil: 'commit' });
  await page.locator('#app').waitFor({ state: 'attached' });
  assert.equal(await page.locator('#app').innerHTML(), '');
  assert.equal(await dark(), false);
  await page.unrouteAll({ behavior: 'ignoreErrors' });
  await screen.close();
});
