/* How fluid the ledger's pages stay over a filled store (bench-fill): what a person sees, frame by frame, in Chromium.
 *   BIHUAN_URL=… [BIHUAN_USER=issuer01] node bench/bench-pages.mjs
 * For each act: the time until the rows stand, the longest task of the main thread, frames longer than 50 ms among all, memory of the page. */
import { logIn, openBrowser, openPage } from '../tests/browser/browser.mjs'

const base = (process.env.BIHUAN_URL ?? 'http://127.0.0.1:8420').replace(/\/$/, '')
const browser = await openBrowser()
const page = await openPage(browser, base)
page.setDefaultTimeout(60_000)
await logIn(page, base, { username: process.env.BIHUAN_USER ?? 'issuer01', password: process.env.BIHUAN_PASSWORD ?? 'shili-2026' })

/* In the page: every frame and every long task from now on. */
await page.addInitScript(() => {
  window.seen = { frames: [], tasks: [] }
  new PerformanceObserver((list) => window.seen.tasks.push(...list.getEntries().map((one) => one.duration))).observe({ entryTypes: ['longtask'] })
  let last = performance.now()
  const frame = (now) => { window.seen.frames.push(now - last); last = now; requestAnimationFrame(frame) }
  requestAnimationFrame(frame)
})
const settled = () => page.waitForFunction(() => !document.querySelector('[aria-busy=true]') && document.querySelector('[role=grid] .line:not(:has(.bone)), .item, .board article, .board li, .cellmark, .marks .mark'))

async function act(name, run) {
  await page.evaluate(() => { window.seen.frames.length = 0; window.seen.tasks.length = 0 }).catch(() => {})
  const began = performance.now()
  await run()
  await settled()
  const took = performance.now() - began
  await page.waitForTimeout(300)
  const { frames, tasks } = await page.evaluate(() => window.seen)
  const heap = await page.evaluate(() => performance.memory.usedJSHeapSize / 1048576)
  const slow = frames.filter((one) => one > 50)
  console.log(`${name.padEnd(34)} ${took.toFixed(0).padStart(6)} ms  longest task ${Math.max(0, ...tasks).toFixed(0).padStart(4)} ms  frames over 50 ms ${slow.length}/${frames.length} (longest ${Math.max(0, ...frames).toFixed(0)} ms)  heap ${heap.toFixed(0)} MB`)
}

const box = '.scroll:has([role=grid])'
const scrollBy = (px, times) => page.evaluate(async ([sel, step, n]) => {
  const el = document.querySelector(sel)
  for (let i = 0; i < n; i++) { el.scrollTop += step; await new Promise((done) => requestAnimationFrame(done)) }
}, [box, px, times])
const search = async (words) => { await page.fill('.filters input[type=search]', words); await page.keyboard.press('Enter') }

await act('ledger opened', () => page.goto(`${base}/ledger`))
console.log(`# ${await page.locator('.bar .num').first().innerText()}`)
await act('scrolled by wheel, 600 rows', () => scrollBy(88, 300))
await act('scrolled on, 6,000 rows', () => scrollBy(880, 300))
await act('scroll bar to its middle and back', async () => { await page.evaluate((sel) => { const el = document.querySelector(sel); el.scrollTop = el.scrollHeight / 2 }, box); await settled(); await page.evaluate((sel) => { document.querySelector(sel).scrollTop = 0 }, box) })
await act('filter: overdue', () => page.locator('.chips button').nth(3).click())
await act('filter off', () => page.locator('.chips button').nth(0).click())
await act('filter by words', () => search('健康'))
await act('words off', () => search(''))
await act('sorted by number', () => page.locator('th .sort').first().click())
await act('all loaded rows chosen', () => page.locator('th.tick input').click())
await act('all 2,000 chosen', async () => { await page.locator('.bar .btn.plain.tiny').first().click(); await page.locator('.bulk', { hasText: '2,000' }).waitFor() })
await act('scrolled with 2,000 chosen', () => scrollBy(440, 120))
await act('one more row chosen', () => page.locator('.line .tick input').nth(4).click())
await act('row opened beside', async () => { await page.locator('[role=grid]').focus(); await page.keyboard.press('Enter'); await page.locator('.el-drawer:visible .strip').waitFor() })
await act('and closed', async () => { await page.keyboard.press('Escape'); await page.locator('.el-drawer:visible').waitFor({ state: 'hidden' }) })
await act('board', () => page.goto(`${base}/ledger?view=board`))
await act('timeline', () => page.goto(`${base}/ledger?view=timeline`))
for (const fault of new Set(page.faults)) console.log(`# ${fault}`)
await browser.close()
