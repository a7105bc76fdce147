/* Chromium for the tests of the pages: one browser, its own empty profile, nothing fetched from elsewhere. */
import { createRequire } from 'node:module'
import { readFileSync } from 'node:fs'

const require = createRequire(new URL('../../web/package.json', import.meta.url))
const { chromium } = require('playwright-core')

export async function openBrowser() {
  return chromium.launch({
    executablePath: process.env.BIHUAN_CHROMIUM ?? '/usr/bin/chromium',
    headless: true,
    args: ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking', '--disable-component-update', '--disable-sync', '--lang=zh-CN'],
  })
}

/* A page of its own session that notes whatever it should not do: errors, refused content, requests to another host. */
export async function openPage(browser, base, { width = 1440, height = 900, lang = 'zh' } = {}) {
  const context = await browser.newContext({ viewport: { width, height }, locale: lang === 'zh' ? 'zh-CN' : 'en-GB', timezoneId: 'Asia/Shanghai' })
  await context.addInitScript((value) => localStorage.setItem('bihuan.lang', value), lang)
  const page = await context.newPage()
  const faults = []
  page.on('console', (message) => {
    if (message.type() === 'error' && !/status of (4\d\d|503)/.test(message.text())) faults.push(message.text())
  })
  page.on('pageerror', (error) => faults.push(String(error)))
  page.on('request', (request) => {
    const url = new URL(request.url())
    if (url.origin !== new URL(base).origin && !['data:', 'blob:'].includes(url.protocol)) faults.push(`request to ${url.origin}`)
  })
  page.faults = faults
  return page
}

export async function logIn(page, base, { username, password }) {
  await page.goto(`${base}/login`)
  await page.fill('input[name=username]', username)
  await page.fill('input[name=password]', password)
  await page.click('button[type=submit]')
  await page.waitForURL((url) => !url.pathname.startsWith('/login'))
}

const axeSource = readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8')

/* What axe-core finds against WCAG 2 A and AA, one line a finding. The policy of the pages lets no script in, so it is evaluated. */
export async function axeFindings(page) {
  await page.evaluate(`${axeSource}; undefined`)
  const result = await page.evaluate(() => window.axe.run(document, { runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa'] }))
  return result.violations.map((one) => `${one.id}: ${one.nodes.length} × ${one.help}; ${one.nodes.slice(0, 2).map((node) => node.html.slice(0, 140)).join(' | ')}`)
}
