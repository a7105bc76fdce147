/* Draws every page into a folder, to be looked at: three widths, both languages. Against the mock server or a real one.
 *   BIHUAN_URL=http://127.0.0.1:8790 BIHUAN_LOOK=/some/folder BIHUAN_USER=NAME [BIHUAN_PASSWORD=…] node tests/browser/look.mjs [WIDTH...] [-- PAGE...]
 * Says what axe-core and the console have against them. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { axeFindings, logIn, openBrowser, openPage } from './browser.mjs'

const base = process.env.BIHUAN_URL ?? 'http://127.0.0.1:8790'
const folder = process.env.BIHUAN_LOOK ?? 'look'
const username = process.env.BIHUAN_USER ?? 'jiaoban'
const langs = (process.env.BIHUAN_LANGS ?? 'zh').split(',')
const split = process.argv.indexOf('--')
const widths = process.argv.slice(2, split < 0 ? undefined : split).map(Number)
const wanted = split < 0 ? [] : process.argv.slice(split + 1)
mkdirSync(folder, { recursive: true })

const first = async (page, path) => {
  const answer = await page.evaluate(async (url) => (await fetch(url)).json(), `/api/v1${path}`)
  return answer.rows?.[0]?.uid
}

const PAGES = {
  work: async () => '/work', start: async () => '/start', documents: async () => '/documents', ledger: async () => '/ledger', orgs: async () => '/orgs', users: async () => '/users', audit: async () => '/audit', jobs: async () => '/jobs', account: async () => '/account', missing: async () => '/nowhere',
  document: async (page) => `/documents/${await first(page, '/documents?state=draft')}?item=3`,
  findings: async (page) => `/documents/${await first(page, '/documents?state=draft')}?tab=findings`,
  owners: async (page) => `/documents/${await first(page, '/documents?state=draft')}?tab=owners`,
  facts: async (page) => `/documents/${await first(page, '/documents?state=draft')}?tab=facts`,
  task: async (page) => `/tasks/${await first(page, '/tasks?state=working')}`,
  review: async (page) => `/tasks/${await first(page, '/tasks?state=submitted')}`,
  board: async () => '/ledger?view=board', timeline: async () => '/ledger?view=timeline', district: async () => '/ledger?view=district', plans: async () => '/plans', newtask: async () => '/tasks/new', importing: async () => '/ledger/import',
  plan: async (page) => `/plans/${await first(page, '/plans')}`, ladder: async (page) => `/plans/${await first(page, '/plans')}?tab=ladder`, settings: async (page) => `/plans/${await first(page, '/plans')}?tab=settings`,
  drawer: async (page) => `/ledger?open=${await first(page, '/tasks?state=submitted')}`,
}

const browser = await openBrowser()
for (const lang of langs)
  for (const width of widths.length > 0 ? widths : [1440, 1024, 390]) {
    const page = await openPage(browser, base, { width, height: width < 500 ? 844 : 900, lang })
    await page.goto(`${base}/login`)
    await page.waitForSelector('form')
    if (wanted.length === 0 || wanted.includes('login')) await page.screenshot({ path: join(folder, `login-${width}-${lang}.png`) })
    await logIn(page, base, { username, password: process.env.BIHUAN_PASSWORD ?? username })
    for (const [name, address] of Object.entries(PAGES)) {
      if (wanted.length > 0 && !wanted.includes(name)) continue
      await page.goto(`${base}${await address(page)}`)
      await page.waitForLoadState('networkidle')
      await page.waitForTimeout(250)
      await page.screenshot({ path: join(folder, `${name}-${width}-${lang}.png`) })
      const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
      if (over > 0) console.log(`${name} ${width} ${lang}: wider than the window by ${over} px`)
      for (const line of await axeFindings(page)) console.log(`${name} ${width} ${lang}: ${line}`)
    }
    for (const fault of new Set(page.faults)) console.log(`console ${width} ${lang}: ${fault}`)
    await page.context().close()
  }
await browser.close()
