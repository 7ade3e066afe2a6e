// Debian's Chromium with the console open. A page that logs an error, throws, breaks its Content-Security-Policy or asks
// another server for something fails its test.
import assert from 'node:assert/strict';
import fs from 'node:fs';
import path from 'node:path';
import { createRequire } from 'node:module';

import { chromium } from 'playwright-core';

const axe = fs.readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');
const screenshots = process.env.CREWSHIP_SCREENSHOTS ?? 'screenshots';
const executable = process.env.CHROMIUM ?? '/usr/bin/chromium';

export const patience = 15_000; // for what does not come at all; nothing waits this long otherwise

export async function launch() {
  return chromium.launch({ executablePath: executable, args: ['--no-sandbox', '--disable-gpu'] });
}

export class Console {
  problems = [];
  allowed = []; // of console errors: patterns that this test brings about itself

  static async open(browser, daemon, { theme = 'light', width = 1280, height = 800, signed_in = true } = {}) {
    const console = new Console();
    console.daemon = daemon;
    console.theme = theme;
    console.width = width;
    console.context = await browser.newContext({
      baseURL: daemon.url,
      viewport: { width, height },
      colorScheme: theme,
      reducedMotion: 'reduce',
      locale: 'en-GB',
      timezoneId: 'UTC',
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    console.context.setDefaultTimeout(patience);
    if (signed_in) {
      await console.context.request.post('/console/session', { data: { api_key: daemon.key } });
    }
    console.page = await console.context.newPage();
    await console.#watch();
    return console;
  }

  async #watch() {
    const { page, problems } = this;
    await page.addInitScript(() => {
      document.addEventListener('securitypolicyviolation', (event) => {
        console.error(`CSP violation: ${event.violatedDirective} ${event.blockedURI} ${event.sample}`);
      });
    });
    page.on('console', (message) => {
      if (message.type() === 'error') problems.push(`${message.text()} ${message.location().url}`);
    });
    page.on('pageerror', (error) => problems.push(`thrown: ${error.stack}`));
    page.on('dialog', (dialog) => {
      problems.push(`a script opened a dialog: ${dialog.message()}`);
      void dialog.dismiss();
    });
    page.on('request', (request) => {
      if (!request.url().startsWith(this.daemon.url)) problems.push(`asked another server: ${request.url()}`);
    });
  }

  async goto(where) {
    await this.page.goto(`/console${where}`);
  }

  async screenshot(name, options = {}) {
    fs.mkdirSync(screenshots, { recursive: true });
    const file = `${name}-${this.theme}${this.width < 500 ? '-narrow' : ''}.png`;
    await this.page.screenshot({ path: path.join(screenshots, file), ...options });
  }

  // axe's findings of some weight, in words.
  async accessibility_findings() {
    await this.page.evaluate(axe);
    const { violations } = await this.page.evaluate(() => window.axe.run());
    return violations
      .filter(({ impact }) => impact === 'serious' || impact === 'critical')
      .map(({ id, help, nodes }) => `${id}: ${help}: ${nodes.slice(0, 3).map((node) => node.html).join(' | ')}`);
  }

  // Whether the page is wider than the window.
  scrolls_sideways() {
    return this.page.evaluate(() => document.documentElement.scrollWidth > document.documentElement.clientWidth);
  }

  async close() {
    const unexpected = this.problems.filter((problem) => !this.allowed.some((pattern) => pattern.test(problem)));
    await this.context.close();
    assert.deepEqual(unexpected, [], 'the page has problems');
  }
}
