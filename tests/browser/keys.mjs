/* What the walks by keyboard alone share: keys, and where the focus is; every stop of the Tab key is there to be seen, and marked. */
import { openPage } from './browser.mjs'
import { accounts, base, browser, holds, pages } from './tap.mjs'

export const press = (page, keys, ...more) => [keys, ...more].reduce((before, key) => before.then(() => page.keyboard.press(key)), Promise.resolve())
export const type = (page, text) => page.keyboard.insertText(text)

/* Where the focus is; `seen` false: a stop of the Tab key that nobody sees. */
export const here = (page) => page.evaluate(() => {
  const el = document.activeElement
  if (!el || el === document.body) return { tag: 'BODY', text: '', seen: true, marked: true }
  const box = el.getBoundingClientRect()
  const style = getComputedStyle(el)
  const wrapped = el.closest('.el-select__wrapper, .el-input__wrapper')
  return {
    tag: el.tagName, text: (el.getAttribute('aria-label') ?? el.textContent ?? '').trim().slice(0, 60),
    seen: box.width > 0 && box.height > 0 && style.visibility !== 'hidden',
    marked: style.outlineStyle !== 'none' || el.getAttribute('role') === 'grid' || el.id === 'main' || wrapped !== null || el.matches('.el-dialog, .el-drawer, .el-overlay-dialog'),
  }
})

/** Presses Tab until the focus is on what the selector names; each stop on the way must be seen, and marked as where one is. */
export async function tabTo(page, selector, { key = 'Tab', most = 120, text } = {}) {
  const way = []
  for (let n = 0; n < most; n++) {
    if (n > 0 || !(await at(page, selector, text))) await page.keyboard.press(key)
    const stop = await here(page)
    way.push(`${stop.tag} ${stop.text}`)
    holds(stop.seen, `a stop that nobody sees: ${stop.tag} ${stop.text}`)
    holds(stop.marked, `nothing marks the focus on: ${stop.tag} ${stop.text}`)
    if (await at(page, selector, text)) return
  }
  throw new Error(`${selector} ${text ?? ''} is not reached by ${key}; the last stops: ${way.slice(-12).join(' | ')}`)
}
export const at = (page, selector, text) => page.evaluate(([sel, words]) => document.activeElement?.matches(sel) && (!words || document.activeElement.textContent.includes(words)), [selector, text])
export const waitFor = (page, selector, text) => (text ? page.locator(selector, { hasText: text }) : page.locator(selector)).first().waitFor()

export async function enter(role) {
  const page = await openPage(browser, base)
  page.setDefaultTimeout(20_000)
  page.on('filechooser', () => {}) /* catching the chooser takes a moment to begin: from the start, not at the key */
  pages.push(page)
  await page.goto(`${base}/login`)
  await page.waitForSelector('form')
  await tabTo(page, 'input[name=username]')
  await type(page, accounts[role].username)
  await tabTo(page, 'input[name=password]')
  await type(page, accounts[role].password)
  await press(page, 'Enter')
  await page.waitForURL((url) => !url.pathname.startsWith('/login'))
  await page.waitForLoadState('networkidle')
  return page
}

/** Fills a picker: types, waits for the list, takes the first that fits. */
export async function choose(page, text, label) {
  await page.keyboard.type(text)
  await waitFor(page, '.el-select-dropdown__item:visible', label)
  const hover = () => page.evaluate((words) => [...document.querySelectorAll('.el-select-dropdown__item.is-hovering')].some((el) => el.textContent.includes(words)), label)
  for (let n = 0; n < 8 && !(await hover()); n++) await press(page, 'ArrowDown')
  await press(page, 'Enter')
}
