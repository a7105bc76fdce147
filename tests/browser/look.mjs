/* Draws every page into a folder, to be looked at: three widths, both languages.
 *   BIHUAN_URL=http://127.0.0.1:8420 BIHUAN_LOOK=/some/folder [BIHUAN_LANGS=zh,en] [BIHUAN_WHOLE=1] node tests/browser/look.mjs [WIDTH...] [-- PAGE...]
 * Says what axe-core and the console have against them, and what is wider than the window. */
import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { DEMO, PAGES, show } from './addresses.mjs'
import { axeFindings, logIn, openBrowser, openPage } from './browser.mjs'

const base = (process.env.BIHUAN_URL ?? 'http://127.0.0.1:8420').replace(/\/$/, '')
const folder = process.env.BIHUAN_LOOK ?? 'look'
const langs = (process.env.BIHUAN_LANGS ?? 'zh').split(',')
const split = process.argv.indexOf('--')
const widths = process.argv.slice(2, split < 0 ? undefined : split).map(Number)
const wanted = split < 0 ? [...Object.keys(PAGES), 'login'] : process.argv.slice(split + 1)
mkdirSync(folder, { recursive: true })

const browser = await openBrowser()
for (const lang of langs)
  for (const width of widths.length > 0 ? widths : [1440, 1024, 390]) {
    const pages = new Map()
    const open = async (role) => {
      const page = await openPage(browser, base, { width, height: width < 500 ? 844 : 900, lang })
      page.setDefaultTimeout(8000)
      if (role) await logIn(page, base, DEMO[role])
      pages.set(role, page)
      return page
    }
    for (const name of wanted) {
      const role = PAGES[name]?.[0] ?? ''
      const page = pages.get(role) ?? (await open(role))
      if (name === 'login') await page.goto(`${base}/login`)
      const why = name === 'login' ? '' : await show(page, base, name)
      if (why) { console.log(`${name} ${width} ${lang}: ${why}`); if (why.startsWith('nothing')) continue }
      await page.screenshot({ path: join(folder, `${name}-${width}-${lang}.png`), fullPage: Boolean(process.env.BIHUAN_WHOLE) })
      const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
      if (over > 0) console.log(`${name} ${width} ${lang}: wider than the window by ${over} px`)
      if (!process.env.BIHUAN_NO_AXE) for (const line of await axeFindings(page)) console.log(`${name} ${width} ${lang}: ${line}`)
    }
    for (const [role, page] of pages) {
      for (const fault of new Set(page.faults)) console.log(`console ${role} ${width} ${lang}: ${fault}`)
      await page.context().close()
    }
  }
await browser.close()
