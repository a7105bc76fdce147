/* A clerk whose program calls everything otherwise: its columns are mapped on the page, the four outcomes seen, the error file corrected and sent again, the defects closed, and the next file
 * goes without asking; a heading alone is no success, and zero is reported there; a large file that broke off goes on where it stood. Prints TAP; environment as in story.mjs; any city. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ask, base, end, enter, holds, noFaults, shot, step, tile } from './tap.mjs'

const stamp = String(Date.now()).slice(-5)
const folder = mkdtempSync(join(tmpdir(), 'bihuan-clerk-'))
const DATASET = 'immunization.vaccination'
const COLUMNS = { [`证${stamp}`]: 'birth_cert', 生下来: 'birth', 男女: 'sex', 苗: 'vaccine', 第几针: 'dose', 打针那天: 'given_on', 哪一批: 'lot', 到期: 'expires_on', 说明: '' }
const HEADER = Object.keys(COLUMNS)
const row = (n, given, expires = '2027-01-01') => [`E98${stamp}${String(n).padStart(2, '0')}`, '2026-02-01', '1', 'HepB', '1', given, 'A01', expires, ''].join(',')
const file = (name, rows, header = HEADER) => {
  const path = join(folder, name)
  writeFileSync(path, `${[header.join(','), ...rows].join('\n')}\n`)
  return path
}
const store = (page) => page.getByRole('button', { name: '提交入库', exact: true })
const selectOf = (page, heading) => page.getByLabel(`${heading} 对应的字段`, { exact: true })
async function drop(page, path, query = `?dataset=${DATASET}`) {
  await page.goto(`${base}/data/send${query}`)
  await page.locator('input[type=file]').setInputFiles(path)
}
async function stored(page) {
  await store(page).click()
  await page.waitForURL(/\/data\/intakes\/[0-9a-z]{26}/)
  await page.locator('.page-head .outcome', { hasText: '完成' }).waitFor()
  return page.url().split('/').at(-1)
}

let page, first

await step('columns that nobody knows are mapped on the page, and what is missing is said until they are', async () => {
  page = await enter('reporter')
  await drop(page, file('foreign.csv', [row(1, '2026-02-03'), row(2, '2026-01-03'), row(3, ''), row(4, '2026-02-04', 'x')]))
  await selectOf(page, HEADER[0]).waitFor()
  holds(await store(page).isDisabled(), 'it can be stored without its columns')
  await page.locator('.miss').waitFor()
  for (const [from, to] of Object.entries(COLUMNS)) await selectOf(page, from).selectOption(to)
  await page.locator('.miss').waitFor({ state: 'detached' })
  await page.getByText('记住这次的列对照').waitFor()
  await shot(page, 'clerk-01-mapped')
}, true)

await step('each of the four outcomes is there, with what is wrong', async () => {
  first = await stored(page)
  for (const name of ['入库', '提醒', '暂扣', '未入库']) holds((await page.locator('.tile').filter({ has: page.locator('dt', { hasText: new RegExp(`^${name}|${name}$`, 'u') }) }).first().locator('dd.num').innerText()) === '1', `${name} is not 1`)
  const { result, mapping } = await ask(page, `/intakes/${first}`)
  holds([result.accepted, result.warned, result.held, result.rejected].join() === '1,1,1,1', JSON.stringify(result))
  holds(mapping, 'the mapping was not kept')
  await shot(page, 'clerk-02-outcomes')
}, true)

await step('the error file is fetched, corrected and sent again, without a question about its columns, and the defect is closed', async () => {
  const waiting = page.waitForEvent('download')
  await page.locator('.page-head a[download]').first().click()
  const path = join(folder, 'errors.csv')
  await (await waiting).saveAs(path)
  const text = readFileSync(path, 'utf8')
  holds(text.trim().split('\n').length === 3, text)
  const lines = text.replace('2026-01-03', '2026-02-05').trim().split('\n')
  lines[2] = lines[2].split(',').map((cell, at) => (at === 5 ? '2026-02-06' : cell)).join(',')
  writeFileSync(path, `${lines.join('\n')}\n`)
  await drop(page, path)
  await page.getByText('使用对照').waitFor()
  holds((await page.locator('.miss').count()) === 0, 'columns are asked for again')
  await shot(page, 'clerk-03-again')
  const second = await stored(page)
  const { result } = await ask(page, `/intakes/${second}`)
  holds([result.rows, result.rejected, result.held].join() === '2,0,0', JSON.stringify(result))
  for (let n = 0; n < 60 && (await ask(page, `/defects?intake=${first}&level=error`)).rows.some((one) => one.state !== 'closed'); n++) await page.waitForTimeout(500)
  await page.goto(`${base}/data/defects?intake=${first}&level=error&state=closed`)
  await page.locator('tbody .outcome', { hasText: '复检通过' }).waitFor()
})

await step('the next file with these columns goes without asking', async () => {
  await drop(page, file('next.csv', [row(5, '2026-02-07')]))
  await page.getByText('使用对照').waitFor()
  holds(!(await store(page).isDisabled()), 'it is not ready')
  await stored(page)
  holds((await tile(page, '行').first().innerText()) === '1', 'not one row')
})

await step('a heading alone is said to be nothing, and zero is reported in the same place', async () => {
  await drop(page, file('alone.csv', []))
  await page.locator('.found', { hasText: '0 行' }).waitFor()
  await shot(page, 'clerk-04-heading')
  await stored(page)
  await page.locator('.nothing', { hasText: '没有接收任何数据' }).waitFor()
  holds((await page.locator('.next').count()) === 0, 'a heading alone is called a success')
  await page.locator('.nothing button, .nothing a').first().waitFor()
  await shot(page, 'clerk-05-nothing')
})

await step('a column that comes twice is said, with the one that was used', async () => {
  await drop(page, file('twice.csv', [`${row(6, '2026-02-08')},7`], [...HEADER, '剂次']))
  await selectOf(page, '剂次').waitFor()
  await page.locator('tr', { hasText: '剂次' }).getByText('与前面的列重复').waitFor()
  await stored(page)
  await page.getByText('采用了第 5 列').waitFor()
  await shot(page, 'clerk-06-twice')
})

await step('a large file shows how far it is, is stopped, and goes on where it stood, also after the page was loaded anew', async () => {
  const path = file('large.csv', Array.from({ length: 260_000 }, (_, n) => `${row(n % 90, '2026-02-03')},${n}`), [...HEADER, '序号'])
  const offsets = []
  page.on('request', (request) => { if (request.method() === 'PATCH') offsets.push(Number(request.headers()['upload-offset'])) })
  let held = false
  await page.route('**/api/v1/uploads/*', async (route) => {
    if (route.request().method() === 'PATCH' && offsets.length > 1 && !held) await new Promise((resolve) => setTimeout(resolve, 1500))
    await route.continue().catch(() => {})
  })
  await drop(page, path)
  await page.locator('.queue [role=progressbar], .queue progress').first().waitFor()
  for (let n = 0; n < 80 && offsets.length < 2; n++) await page.waitForTimeout(100)
  await page.getByRole('button', { name: '暂停', exact: true }).click()
  await page.getByRole('button', { name: '继续上传', exact: true }).waitFor()
  await shot(page, 'clerk-07-paused')
  const before = Math.max(...offsets)
  holds(before > 0, `nothing was acknowledged: ${offsets}`)
  page.once('dialog', (one) => one.accept())
  await page.reload()
  held = true
  offsets.length = 0
  await page.locator('input[type=file]').setInputFiles(path)
  await selectOf(page, HEADER[0]).waitFor({ timeout: 60_000 })
  holds(offsets.length > 0 && Math.min(...offsets) >= before, `it began at ${Math.min(...offsets)}, not at ${before}`)
  await page.unroute('**/api/v1/uploads/*')
})

await step('no page had an error, was refused content, or asked another host', () => { page.faults.splice(0, page.faults.length, ...page.faults.filter((one) => !one.includes('ERR_FAILED') && !one.includes('ERR_ABORTED'))); return noFaults() })
rmSync(folder, { recursive: true, force: true })
await end()
