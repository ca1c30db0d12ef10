// Chromium, and a page of it that fails its test for anything it complains of.

import assert from 'node:assert/strict';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { chromium } from 'playwright-core';
import { adminToken } from './gateway.mjs';

const axe = readFileSync(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

/** The browser's program; undefined where there is none. */
export const executable = [process.env.CHROMIUM, '/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(path => path && existsSync(path));

export const launch = () => chromium.launch({ executablePath: executable, args: process.getuid() === 0 ? ['--no-sandbox'] : [] });

export const desktop = { width: 1360, height: 900 };
export const phone = { width: 390, height: 844 };

/** The page, opened with the admin token; `complaints` is what the browser said against it. */
export async function open(browser, gateway, { viewport = desktop, colorScheme = 'light', token = adminToken, view = 'now' } = {}) {
  const context = await browser.newContext({ viewport, colorScheme, reducedMotion: 'reduce', acceptDownloads: true });
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  const page = await context.newPage();
  page.setDefaultTimeout(15_000);
  const complaints = [];
  page.on('console', message => { if (['error', 'warning'].includes(message.type())) complaints.push(`${message.text()} ${message.location().url}`); });
  page.on('pageerror', error => complaints.push(String(error.stack)));
  await page.addInitScript(() => addEventListener('securitypolicyviolation', event => console.error(`CSP: ${event.violatedDirective} ${event.blockedURI}`)));
  await page.goto(`${gateway.adminUrl}/admin/ui#${view}`);
  if (token) {
    await page.fill('#token', token);
    await page.press('#token', 'Enter');
    await page.waitForSelector('main.view');
  }
  return Object.assign(page, { complaints, done: async () => { assert.deepEqual(complaints, []); await context.close(); } });
}

/** Goes to another view by its link, as people do. */
export async function go(page, view) {
  await page.click(`nav a[href="#${view}"]`);
  await page.waitForSelector(`main.view.${view}`);
}

/** What axe finds on the page as it is. */
export async function findings(page) {
  await page.evaluate(axe);
  const { violations } = await page.evaluate(() => globalThis.axe.run(document, { resultTypes: ['violations'] }));
  return violations.map(({ id, nodes }) => `${id} (${nodes.length}): ${nodes[0].target} ${nodes[0].failureSummary}`);
}
