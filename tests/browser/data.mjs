/* Data goes in as institutions send it: a file with mistakes is looked at, stored, and what is wrong in it goes back; the corrected file closes it by the re-check, the score
 * follows; a form is filled in; a person is found, and shown for a purpose. Prints TAP; environment as in story.mjs; any city. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { ask, base, end, enter, holds, noFaults, sendFile, shot, step, tile } from './tap.mjs'

const stamp = String(Date.now()).slice(-5)
const folder = mkdtempSync(join(tmpdir(), 'bihuan-data-'))
const DATASET = 'immunization.vaccination'
const HEADER = ['birth_cert', '出生日期', '性别', '疫苗代码', '剂次', '接种日期', '疫苗批号', '备注']
const number = (n) => `E99${stamp}${String(n).padStart(2, '0')}`
const row = (n, given) => [number(n), '2026-02-01', '1', 'HepB', '1', given, 'A01', 'x'].join(',')
const file = (name, rows) => {
  const path = join(folder, name)
  writeFileSync(path, `${[HEADER.join(','), ...rows].join('\n')}\n`)
  return path
}
const dialog = (page) => page.locator('.el-dialog:visible')
const gone = (page) => dialog(page).waitFor({ state: 'hidden' })

let reporter, issuer, first, defect

await step('a clerk begins with what is owed, in figures that open their lists', async () => {
  reporter = await enter('reporter')
  await reporter.waitForURL((url) => url.pathname === '/data')
  const open = reporter.locator('.tiles a', { hasText: '待报' })
  const n = Number((await open.locator('.value').innerText()).replace(/\D/g, ''))
  holds(n > 0, 'nothing is due')
  await open.click()
  await reporter.waitForURL(/state=open/)
  await reporter.locator('tbody .outcome', { hasText: '未到期' }).first().waitFor()
  await reporter.goBack()
  await open.waitFor()
}, true)

await step('several files at once: what cannot be read says so, a lost connection is waited out, and a check stores nothing', async () => {
  await reporter.goto(`${base}/data/send`)
  const { total } = await ask(reporter, '/intakes?total=1&limit=1')
  let lost = 0
  await reporter.route('**/api/v1/uploads/*', (route) => (route.request().method() === 'PATCH' && lost++ < 2 ? route.abort() : route.continue()))
  const picture = join(folder, 'picture.png')
  writeFileSync(picture, Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13]))
  await reporter.locator('input[type=file]').setInputFiles([picture, file('tried.csv', [row(20, '2026-02-03'), row(21, '2026-01-03'), row(22, '')])])
  await reporter.locator('.queue').getByText('连接中断，正在重试').waitFor()
  await reporter.locator('.queue li', { hasText: 'picture.png' }).getByText('无法识别').waitFor()
  await reporter.getByRole('button', { name: 'tried.csv', exact: true }).click()
  holds(lost > 2, 'no piece was lost')
  await reporter.unroute('**/api/v1/uploads/*')
  holds(reporter.faults.every((fault) => fault.includes('ERR_FAILED')), reporter.faults.join('\n'))
  reporter.faults.length = 0
  await reporter.getByRole('button', { name: '试检，不入库', exact: true }).click()
  await reporter.locator('.trial').getByText('接种日期早于出生日期').waitFor()
  await shot(reporter, 'data-00-trial')
  await tile(reporter, '暂扣').getByText('1', { exact: true }).waitFor()
  holds((await ask(reporter, `/records/${DATASET}?limit=100`)).rows.length === 0, 'a check stored something')
  holds((await ask(reporter, '/intakes?total=1&limit=1')).total === total + 1, 'a check is not told')
})

await step('a file with mistakes is looked at: what it is, its columns, its first rows masked', async () => {
  issuer = await enter('district')
  const path = file('first.csv', [row(1, '2026-02-03'), row(2, '2026-01-03'), row(3, ''), row(4, '2026-02-04')])
  first = await sendFile(reporter, path, async () => {
    await reporter.locator('b', { hasText: '接种记录' }).waitFor()
    holds(!(await reporter.locator('body').innerText()).includes(number(1)), 'a number is not masked')
    await shot(reporter, 'data-01-preview')
  })
}, true)

await step('the import says what became of each row, and why one was not stored', async () => {
  await tile(reporter, '暂扣').getByText('1', { exact: true }).waitFor()
  await tile(reporter, '未入库').getByText('1', { exact: true }).waitFor()
  await reporter.getByText('缺少日期').first().waitFor()
  await reporter.locator('.next a[download]', { hasText: '错误' }).waitFor()
  await reporter.locator('.next li', { hasText: '暂扣' }).waitFor()
  await shot(reporter, 'data-02-intake')
})

await step('what is held goes back to the institution, with a day', async () => {
  for (let n = 0; n < 60 && !defect; n++) {
    defect = (await ask(issuer, `/defects?intake=${first}&level=error`)).rows[0]
    if (!defect) await issuer.waitForTimeout(500)
  }
  await issuer.goto(`${base}/data/defects?intake=${first}&level=error`)
  await issuer.locator('tbody input.tick').first().check()
  await issuer.locator('.page-head .btn.primary').click()
  const day = dialog(issuer).locator('.date input, input.input').last()
  await day.fill('2026-12-01')
  await day.blur()
  await dialog(issuer).locator('button[type=submit]').click()
  await gone(issuer)
  await issuer.locator('tbody .outcome', { hasText: '已退回' }).waitFor()
  await shot(issuer, 'data-03-sent')
}, true)

await step('the institution answers, sends the corrected file, and the re-check closes it', async () => {
  await reporter.goto(`${base}/data/defects?intake=${first}&level=error`)
  await reporter.locator('tbody button.link').first().click()
  await reporter.getByRole('button', { name: '答复更正', exact: true }).click()
  await dialog(reporter).locator('textarea').fill('接种日期录错，已更正重报')
  await dialog(reporter).locator('button[type=submit]').click()
  await gone(reporter)
  await sendFile(reporter, file('second.csv', [row(2, '2026-02-05'), row(3, '2026-02-06')]))
  await issuer.goto(`${base}/data/defects?state=closed&intake=${first}&level=error`)
  await issuer.locator('tbody .outcome', { hasText: '复检通过' }).waitFor()
  holds((await ask(issuer, `/defects/${defect.uid}`)).closed_by, 'it does not say which file closed it')
})

await step('the score of the month is there, and opens to what it lost', async () => {
  const query = `month=2026-02&dataset=${DATASET}`
  for (let n = 0; n < 60 && (await ask(issuer, `/quality?${query}`)).rows.length === 0; n++) await issuer.waitForTimeout(500)
  await issuer.goto(`${base}/data/quality?${query}`)
  await issuer.locator('tbody button.link').first().click()
  await issuer.getByText('五个维度').first().waitFor({ state: 'attached' })
  await shot(issuer, 'data-04-quality')
  await issuer.locator('.losses a').first().click()
  await issuer.waitForURL(/\/data\/defects\?.*rule=/)
  await issuer.locator('tbody button.link').first().waitFor()
  await issuer.goto(`${base}/data/bulletin?${query}`)
  await issuer.locator('.part').first().waitFor()
})

await step('a form is filled in, checked by the same rules, and stored', async () => {
  const { form } = (await ask(reporter, `/forms?dataset=${DATASET}`)).rows[0]
  const fields = (await ask(reporter, `/forms/${DATASET}/${form.id}`)).parts.flatMap((part) => part.fields)
  const values = { birth_cert: number(9), birth: '2026-02-01', sex: '1', vaccine: 'HepB', dose: '1', given_on: '2026-02-03', lot: 'A01' }
  await reporter.goto(`${base}/data/forms/${DATASET}/${form.id}`)
  for (const [id, value] of Object.entries(values)) {
    const field = fields.find((one) => one.id === id)
    const control = reporter.locator(field.type === 'date' ? `form .date input[aria-label="${field.name}"]` : `#field-${id}`)
    if (await control.evaluate((element) => element.tagName === 'SELECT')) await control.selectOption(value)
    else { await control.fill(value); await control.blur() }
  }
  await shot(reporter, 'data-05-form')
  await reporter.locator('form button[type=submit]').click()
  await reporter.waitForURL(/\/data\/(records|intakes)\//)
})

await step('records stand by their dataset, in an address that can be loaded anew, and one opens to its history', async () => {
  await issuer.goto(`${base}/data/records/${DATASET}`)
  await issuer.reload()
  await issuer.locator('tbody tr.opens').first().click()
  await issuer.locator('aside, .el-drawer, [role=dialog]').getByText('历次版本').first().waitFor()
  await issuer.keyboard.press('Escape')
  await issuer.getByRole('button', { name: '暂扣', exact: true }).click()
  await issuer.waitForURL(/state=held/)
  await issuer.locator('.empty, tbody .outcome').first().waitFor()
  const { id } = (await ask(issuer, `/records/${DATASET}?limit=1`)).rows[0]
  await issuer.goto(`${base}/data/records/${DATASET}/${encodeURIComponent(id)}`)
  await issuer.getByText('历次版本').first().waitFor()
})

await step('a person is found by a number, masked, and shown for a purpose that is kept', async () => {
  await issuer.goto(`${base}/persons`)
  await issuer.locator('form.find select').first().selectOption('birth_cert')
  await issuer.locator('form.find input').first().fill(number(2))
  await issuer.locator('form.find select').last().selectOption('data-quality')
  await issuer.locator('form.find button[type=submit]').click()
  await issuer.locator('.found a').first().click()
  await issuer.waitForURL(/\/persons\/[0-9a-z]{26}/)
  await issuer.getByRole('button', { name: '查看原文', exact: true }).click()
  await dialog(issuer).locator('select').selectOption('data-quality')
  await dialog(issuer).locator('button[type=submit]').click()
  await gone(issuer)
  await issuer.getByText(number(2)).waitFor()
  await issuer.locator('.looks', { hasText: '数据质量核查' }).waitFor()
  await shot(issuer, 'data-06-person')
})

await step('where the server does not answer at all, the page says so, and comes when it does', async () => {
  const before = reporter.faults.length
  await reporter.route('**/api/v1/session', (route) => route.abort())
  await reporter.goto(`${base}/data/intakes`)
  await reporter.getByRole('alert').getByText('连不上服务器').waitFor()
  holds(new URL(reporter.url()).pathname === '/data/intakes', reporter.url())
  await shot(reporter, 'data-07-no-answer')
  await reporter.unroute('**/api/v1/session')
  await reporter.getByRole('button', { name: '重试', exact: true }).click()
  await reporter.locator('tbody tr').first().waitFor()
  const told = reporter.faults.splice(before) /* what the browser itself says of such a request */
  holds(told.every((fault) => fault.includes('ERR_FAILED')), told.join('\n'))
})

await step('no page had an error, was refused content, or asked another host', () => noFaults())
rmSync(folder, { recursive: true, force: true })
await end()
