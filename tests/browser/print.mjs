/* On paper: the pages that people print have no navigation and nothing to press, fit the sheet, and repeat the heads of a table on each page that it goes on over. Chromium makes the PDF; pdftotext, where it is
 * installed, reads it. Prints TAP; environment as in story.mjs; packs and no city. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ask, base, end, enter, holds, noFaults, step } from './tap.mjs'

const DATASET = 'immunization.vaccination'
const ROWS = 130
const CENTRES = 120
const folder = mkdtempSync(join(tmpdir(), 'bihuan-print-'))

/** The texts of its pages, or null where nothing can read them; and how many there are. */
async function printed(page) {
  const pdf = await page.pdf({ preferCSSPageSize: true })
  const path = join(folder, 'page.pdf')
  writeFileSync(path, pdf)
  const pages = (pdf.toString('latin1').match(/\/Type\s*\/Page\b/g) ?? []).length
  try {
    return { pages, texts: execFileSync('pdftotext', ['-layout', path, '-']).toString().split('\f').slice(0, pages).map((text) => text.replace(/\s/g, '')) }
  } catch (error) {
    if (error.code !== 'ENOENT') throw error
    return { pages, texts: null }
  }
}

/** What would stand on paper and should not: navigation, buttons, fields; and what would not fit. */
async function clean(page, what) {
  await page.emulateMedia({ media: 'print' })
  const left = await page.evaluate(() => [...document.querySelectorAll('nav, header.top, button.btn, a.btn, input, select, .el-select, [role="tablist"]')].filter((one) => one.checkVisibility() && one.getBoundingClientRect().width > 1).map((one) => one.outerHTML.slice(0, 90)))
  holds(left.length === 0, `${what}: ${left.length} are left on paper, the first ${left[0]}`)
  await page.setViewportSize({ width: 703, height: 1000 }) /* A4 within its margins */
  const over = await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)
  holds(over <= 0, `${what} is wider than the paper by ${over} px`)
  await page.emulateMedia({ media: null })
  await page.setViewportSize({ width: 1440, height: 900 })
}

const headed = (paper, head, what) => {
  if (!paper.texts) return
  const with_rows = paper.texts.filter((text) => text.length > 0)
  holds(with_rows.every((text) => text.includes(head)), `${what}: a page has no head '${head}'`)
}

let reporter, issuer, record

await step('data come in, with something wrong in each row', async () => {
  reporter = await enter('reporter')
  const lines = ['birth_cert,birth,sex,vaccine,dose,given_on,lot', ...Array.from({ length: ROWS }, (_, n) => `E9955${String(n).padStart(5, '0')},2026-02-10,1,HepB,1,2026-02-0${1 + (n % 9)},A01`)]
  const answer = await reporter.evaluate(async ([path, body]) => {
    const { csrf } = await (await fetch('/api/v1/session')).json()
    return (await fetch(path, { method: 'POST', headers: { 'Content-Type': 'text/csv', 'X-CSRF-Token': csrf }, body })).json()
  }, [`/api/v1/data/${DATASET}?name=a.csv`, `${lines.join('\n')}\n`])
  holds(answer.result?.held === ROWS, JSON.stringify(answer).slice(0, 300))
  issuer = await enter('district')
  record = (await ask(issuer, `/records/${DATASET}?limit=1`)).rows[0]
}, true)

await step('a list of what is wrong goes on over pages, each with its heads, and says that more follows', async () => {
  await issuer.goto(`${base}/data/defects?dataset=${DATASET}`)
  await issuer.locator('tbody tr').nth(40).waitFor()
  await clean(issuer, 'the list of defects')
  const paper = await printed(issuer)
  holds(paper.pages >= 2 && paper.pages <= 8, `${paper.pages} pages`)
  holds(!paper.texts || (paper.texts.at(-1).includes('未印出') && !paper.texts.join('').includes('工作台')), 'what stands on the last page, and the navigation on none')
  headed(paper, '更正期限', 'the list of defects')
})

await step('a record and its person are a page each', async () => {
  await issuer.goto(`${base}/data/records/${DATASET}/${encodeURIComponent(record.id)}`)
  await issuer.locator('dl dd').nth(3).waitFor()
  await clean(issuer, 'a record')
  holds((await printed(issuer)).pages === 1, 'a record')
  await issuer.goto(`${base}/persons/${record.person.uid}`)
  await issuer.locator('.line li').first().waitFor()
  await clean(issuer, 'a person')
  const paper = await printed(issuer)
  holds(paper.pages === 1, 'a person')
  holds(!paper.texts || !paper.texts[0].includes('E9955'), 'a number stands masked on paper, too')
})

await step('the bulletin says its month and how many there are, and a long table has its heads on each page', async () => {
  const line = (n) => ({ org: { uid: `o${n}`, name: `第${n}社区卫生服务中心` }, group: 'centre', state: n % 9 ? 'in' : 'silent', records: n % 9 ? 40 + n : 0, score: n % 9 ? '91.5' : '0', grade: 'B', rank: n, peers: CENTRES, before: '90', below: n % 9 === 0 })
  const rows = Array.from({ length: CENTRES }, (_, n) => line(n + 1))
  const part = { dataset: { id: DATASET, name: '接种记录', name_en: null }, line: 80, rows, silent: rows.filter((one) => one.state === 'silent').map((one) => one.org), worst: [] }
  await issuer.route('**/api/v1/quality/bulletin*', (route) => route.fulfill({ json: { month: '2026-02', datasets: [part] } })) /* a month of many institutions, which this store has not */
  await issuer.goto(`${base}/data/bulletin?month=2026-02&dataset=${DATASET}`)
  await issuer.locator('section.part tbody tr').nth(10).waitFor()
  await clean(issuer, 'the bulletin')
  const short = await printed(issuer)
  holds(!short.texts || (short.texts[0].includes('2026年2月') && /以上为前15家/.test(short.texts.join(''))), 'what is left out is told')
  await issuer.getByRole('button', { name: /^显示全部/ }).click()
  await issuer.locator('section.part tbody tr').nth(40).waitFor()
  const whole = await printed(issuer)
  holds(whole.pages >= 2 && whole.pages >= short.pages, `${whole.pages} pages, ${short.pages} before`)
  headed({ texts: whole.texts?.slice(0, 2) }, '名次', 'the bulletin')
})

await step('no page had an error, was refused content, or asked another host', () => noFaults())
rmSync(folder, { recursive: true })
await end()
