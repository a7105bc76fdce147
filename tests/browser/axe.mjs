/* Every page, at a desk and on a telephone: axe-core finds nothing against WCAG 2.1 A and AA; each mark of state, light and level has a shape
 * and a word; no page is wider than its window, or shows the name of a text instead of the text. Prints TAP.
 *   BIHUAN_URL       base of a running server with the sample city's year behind it
 *   BIHUAN_ACCOUNTS  as in story.mjs; the demo's without it
 *   BIHUAN_SHOTS     a folder for screenshots of what fails (optional) */
import { NOTHING, PAGES, show } from './addresses.mjs'
import { axeFindings } from './browser.mjs'
import { base, end, enter, holds, leave, noFaults, step } from './tap.mjs'

const LOOKS = [{ width: 1440, height: 900, lang: 'zh' }, { width: 390, height: 844, lang: 'en' }]
/* Not there in every city, or only at a desk. */
const MAY_LACK = new Set(['job', 'look-back', 'intake', 'intake-clerk', 'case', 'defect', 'score', 'records-of', 'record', 'person'])
const AT_A_DESK = new Set(['ledger-row-filter'])

/* Runs in the page: marks that say by colour alone what they say. */
function bareMarks() {
  const out = []
  const word = (el) => el.textContent.replace(/[●▲■○◇◆▣◎◍–·\s]/g, '')
  for (const el of document.querySelectorAll('.light, .mark:has(> svg), .level')) {
    const shape = el.querySelector('svg *, i')
    if (!shape || word(el) === '') out.push(el.outerHTML.slice(0, 160))
  }
  for (const el of document.querySelectorAll('.over .left, .near .left, .r-held, .r-relapsed, .missed, .done.state, .late')) if (word(el) === '') out.push(el.outerHTML.slice(0, 160))
  return out
}

/* Runs in the page: keys of texts that nobody wrote, and values that are none. */
function rawTexts() {
  const words = document.body.innerText
  return [...words.matchAll(/(?:^|\s)((?:[a-z][a-z_-]+\.){1,4}[a-z_-]+|undefined|NaN|\[object Object\]|\{[a-z_]+\})(?=\s|$)/g)].map((hit) => hit[1]).filter((hit) => !/\.(txt|md|html|docx|pdf|xlsx|csv)$/.test(hit))
}

/* Runs in the page: lists that a telephone would have to be pushed sideways for. A month, a timeline and a board are wide by nature. */
const sideways = () => [...document.querySelectorAll('.plain-table, .table-card .scroll')].filter((el) => el.scrollWidth > el.clientWidth + 1).map((el) => el.getAttribute('aria-label') ?? el.outerHTML.slice(0, 120))

async function faultsOf(page) {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  return [
    ...(await axeFindings(page)),
    ...(await page.evaluate(bareMarks)).map((html) => `colour alone: ${html}`),
    ...(await page.evaluate(rawTexts)).map((text) => `no text: ${text}`),
    ...((await page.evaluate(() => window.innerWidth)) < 641 ? (await page.evaluate(sideways)).map((name) => `scrolls sideways: ${name}`) : []),
    ...(over > 0 ? [`wider than the window by ${over} px`] : []),
  ]
}

async function holdAll(look) {
  const people = new Map()
  for (const [name, [role]] of Object.entries(PAGES)) {
    if (look.width < 641 && AT_A_DESK.has(name)) continue
    await step(`${name} at ${look.width} px`, async () => {
      const page = people.get(role) ?? (await enter(role, look))
      people.set(role, page)
      const why = await show(page, base, name)
      if (why === NOTHING && MAY_LACK.has(name)) return
      holds(why === '', why)
      const faults = await faultsOf(page)
      holds(faults.length === 0, faults.join('\n'))
    })
  }
  await step(`no page at ${look.width} px had an error, was refused content, or asked another host`, () => noFaults([...people.values()]))
  for (const page of people.values()) await leave(page)
}

await Promise.all(LOOKS.map(holdAll)) /* side by side: most of the time is waiting for a page to come to rest */
await end()
