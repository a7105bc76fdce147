/* The pages that a commission runs its year on, as people use them: a view is saved, the ledger goes to Excel, is changed there and comes back,
 * many tasks are changed at once while somebody is quicker, work is handed over, registers are kept and set up, a duty is asked and met, a report
 * is kept and shown in meeting mode, and what the meeting decides becomes a task. Prints TAP; environment as in story.mjs; a city with a year behind it. */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { ask, base, end, enter, holds, leave, noFaults, shot, step } from './tap.mjs'

const stamp = String(Date.now()).slice(-6)
const folder = mkdtempSync(join(tmpdir(), 'bihuan-year-'))
const here = dirname(fileURLToPath(import.meta.url))
const TITLES = ['甲', '乙', '丙', '丁'].map((one) => `督查事项${one}${stamp}`)

/** A change over the API, as this page's session; the answer must be good. */
async function send(page, method, path, body, version) {
  const answer = await page.evaluate(async ([verb, url, content, seen]) => {
    const { csrf } = await (await fetch('/api/v1/session')).json()
    const headers = { 'Content-Type': 'application/json', 'X-CSRF-Token': csrf, 'Idempotency-Key': crypto.randomUUID(), ...(seen ? { 'If-Match': `"${seen}"` } : {}) }
    const got = await fetch(`/api/v1${url}`, { method: verb, headers, body: JSON.stringify(content) })
    return { status: got.status, json: await got.json().catch(() => null) }
  }, [method, path, body, version])
  holds(answer.status < 300, `${method} ${path}: ${answer.status} ${JSON.stringify(answer.json)?.slice(0, 300)}`)
  return answer.json
}
const dialog = (page) => page.locator('.el-dialog:visible')
const gone = (page) => dialog(page).waitFor({ state: 'hidden' })
const row = (page, text) => page.locator('[role=grid] .line', { hasText: text })
const noted = (page, text) => page.locator('[role=status], .notes', { hasText: text }).first().waitFor()

async function pick(page, field, text, label) {
  await field.click()
  await field.locator('input').fill(text)
  await page.locator('.el-select-dropdown__item:visible', { hasText: label }).first().click()
}

let issuer, unit, plan, tasks, unitName, ledger

await step('a plan by hand, with four tasks of one unit', async () => {
  unit = await enter('unit_head')
  issuer = await enter('issuer')
  const org = (await ask(unit, '/session')).org
  unitName = org.name
  plan = await send(issuer, 'POST', '/plans', { title: `督查台账${stamp}`, kind: 'inspection', code: `督${stamp}`, year: 2026 })
  tasks = []
  for (const title of TITLES) tasks.push(await send(issuer, 'POST', '/tasks', { plan: plan.uid, source: 'inspection', title, text: title, lead: [org.uid], due: '2026-11-30', issue: true }))
  ledger = `${base}/ledger?plan=${plan.uid}`
}, true)

await step('a view of the ledger is saved, and opens again from its menu', async () => {
  await issuer.goto(ledger)
  await row(issuer, TITLES[0]).waitFor()
  await issuer.locator('.saved > button').last().click()
  await issuer.getByRole('button', { name: '保存当前视图' }).click()
  await issuer.locator('.saved input[maxlength]').fill(`督查${stamp}`)
  await issuer.locator('.saved form button[type=submit]').click()
  await issuer.locator('.saved .one', { hasText: `督查${stamp}` }).waitFor()
  await issuer.goto(`${base}/ledger`)
  await issuer.locator('.saved > button').last().click()
  await issuer.locator('.saved .go', { hasText: `督查${stamp}` }).click()
  await issuer.waitForURL(new RegExp(plan.uid))
  holds((await row(issuer, '督查事项').count()) === 4, 'the view shows something else')
  await shot(issuer, 'year-01-view')
})

await step('the list goes out to Excel as it is filtered', async () => {
  const coming = issuer.waitForEvent('download')
  await issuer.locator('.page-head a[download]').first().click()
  await (await coming).saveAs(join(folder, 'out.xlsx'))
}, true)

async function bring(file) {
  await issuer.goto(`${base}/ledger/import`)
  await issuer.locator('.wishes select').selectOption(plan.uid)
  await issuer.locator('input[type=file]').setInputFiles(join(folder, file))
  await issuer.locator('h2', { hasText: file }).waitFor({ timeout: 60_000 })
}

await step('the file as it went out changes nothing', async () => {
  await bring('out.xlsx')
  await issuer.locator('.bar', { hasText: '没有' }).waitFor()
  holds(await issuer.locator('.bar .btn.primary').isDisabled(), 'it may be written')
})

await step('changed in Excel it is shown cell by cell, with what is not understood; columns are mapped anew and checked again', async () => {
  execFileSync('python3', [join(here, 'rewrite.py'), join(folder, 'out.xlsx'), join(folder, 'back.xlsx'), TITLES[0], '任务', `${TITLES[0]}（修订）`, TITLES[1], '牵头单位', `查无此单位${stamp}`])
  await bring('back.xlsx')
  await issuer.locator('td', { hasText: `${TITLES[0]}（修订）` }).first().waitFor()
  await issuer.locator('summary.faults').waitFor()
  await issuer.locator('details.group', { hasText: `查无此单位${stamp}` }).waitFor()
  await shot(issuer, 'year-02-preview')
  await issuer.getByRole('combobox', { name: /类别/ }).selectOption('-')
  await issuer.locator('.stale').waitFor()
  await issuer.locator('.bar .btn.primary').click()
  await issuer.locator('.stale').waitFor({ state: 'detached', timeout: 60_000 })
})

await step('it is written: one amended, one refused, and says so', async () => {
  await issuer.locator('.bar .btn.primary').click()
  await issuer.locator('.done[role=status]').waitFor({ timeout: 60_000 })
  await shot(issuer, 'year-03-written')
  await issuer.goto(ledger)
  await row(issuer, `${TITLES[0]}（修订）`).waitFor()
  holds(await row(issuer, TITLES[1]).getByText(unitName).count(), 'the refused row was changed')
  const now = await ask(issuer, `/tasks/${tasks[0].uid}`)
  holds(now.marks.includes('adjusted') && now.amendments.length === 1, 'the amendment left no mark')
})

await step('many are changed at once; what somebody changed meanwhile is told, not overwritten', async () => {
  for (const title of TITLES.slice(1)) await row(issuer, title).locator('.tick input').click()
  await issuer.locator('.bulk', { hasText: '3' }).waitFor()
  const other = await enter('issuer')
  const seen = await ask(other, `/tasks/${tasks[2].uid}`)
  await send(other, 'POST', `/tasks/${seen.uid}/amend`, { set: { due: '2026-10-31' }, reason: '提前' }, seen.version)
  await leave(other)
  await issuer.locator('.bulk button', { hasText: '改期限' }).click()
  await dialog(issuer).locator('.date input.input').fill('2026-12-15')
  await dialog(issuer).locator('textarea').fill('按会议要求统一调整')
  await dialog(issuer).locator('button[type=submit]').click()
  const result = dialog(issuer).filter({ hasText: '没有更改' })
  await result.locator('tbody tr', { hasText: TITLES[2] }).waitFor()
  holds((await result.locator('tbody tr').count()) === 1, 'more were refused than one')
  await shot(issuer, 'year-04-conflict')
  await result.locator('.btn.primary').click()
  await gone(issuer)
  const dues = await Promise.all(tasks.map(async (task) => (await ask(issuer, `/tasks/${task.uid}`)).due))
  holds(dues.slice(1).join() === '2026-12-15,2026-10-31,2026-12-15', `due: ${dues}`)
  holds(await issuer.locator('.bulk', { hasText: '1' }).count(), 'the refused row does not stay chosen')
})

await step('somebody leaves: what he handles passes to a colleague, and the history says so', async () => {
  const leaving = await enter('handler')
  const [from, to] = await Promise.all([leaving, unit].map(async (page) => { const now = await ask(page, '/session'); return { uid: now.account.uid, name: now.person.name } }))
  await leave(leaving)
  const seen = await ask(unit, `/tasks/${tasks[3].uid}`)
  await send(unit, 'POST', `/tasks/${seen.uid}/amend`, { set: { handler: from.uid } }, seen.version)
  await unit.goto(ledger)
  await unit.locator('.page-head .menu > button').click()
  await unit.locator('.page-head .box button', { hasText: '移交' }).click()
  const pickers = dialog(unit).locator('.el-select')
  await pick(unit, pickers.nth(0), from.name, from.name)
  await pick(unit, pickers.nth(1), to.name, to.name)
  await dialog(unit).locator('textarea').fill('岗位调整')
  await dialog(unit).locator('button[type=submit]').click()
  await gone(unit)
  holds((await ask(unit, `/tasks/${seen.uid}`)).handler?.uid === to.uid, 'the handler is still the same')
  await unit.goto(`${base}/tasks/${seen.uid}`)
  await unit.locator('.line', { hasText: '移交' }).first().waitFor()
})

await step('a register gets an entry with its file; it is corrected, and withdrawn', async () => {
  await unit.goto(`${base}/registers/documents`)
  await unit.getByRole('button', { name: '登记', exact: true }).first().click()
  const fields = unit.locator('form.form .field input.input')
  await fields.nth(0).fill(`示测〔2026〕${stamp}号`)
  await fields.nth(1).fill('测试制度')
  await unit.locator('form.form .date input.input').fill('2026-09-01')
  await unit.locator('form.form input[type=file]').setInputFiles({ name: '制度.txt', mimeType: 'text/plain', buffer: Buffer.from('制度（虚构样例）') })
  await unit.locator('form.form button[type=submit]').click()
  const entry = unit.locator('tbody tr', { hasText: `${stamp}号` })
  await entry.getByText('制度.txt').waitFor()
  await entry.getByRole('button', { name: '更正' }).click()
  await unit.locator('form.form .field input.input').nth(1).fill('测试制度（更正）')
  await unit.locator('form.form button[type=submit]').click()
  await entry.getByText('测试制度（更正）').waitFor()
  await shot(unit, 'year-05-register')
  await entry.getByRole('button', { name: '撤销' }).click()
  await dialog(unit).locator('button[type=submit]').click()
  await gone(unit)
  await entry.getByText('已撤').first().waitFor()
})

await step('the system administrator sets a register up: a word more, a new register; the form says what is missing', async () => {
  const admin = await enter('system_admin')
  await admin.goto(`${base}/registers/trainings?define=1`)
  const words = admin.locator('form .field input').last()
  await words.fill(`${await words.inputValue()} 研修${stamp}`)
  await admin.locator('form button[type=submit]').click()
  await admin.waitForURL((url) => !url.search)
  holds((await ask(admin, '/registers')).rows.find((one) => one.code === 'trainings').words.includes(`研修${stamp}`), 'the word is not there')
  await admin.goto(`${base}/registers?define=new`)
  holds(await admin.locator('form button[type=submit]').isDisabled(), 'an empty register may be saved')
  await admin.getByText('请填写代码和中英文名称').waitFor()
  const inputs = admin.locator('form .grid input')
  for (const [at, text] of [`v${stamp}`, '走访登记', 'Visits'].entries()) await inputs.nth(at).fill(text)
  const cells = admin.locator('form tbody tr').first().locator('input.input')
  for (const [at, text] of ['no', '编号', 'Number'].entries()) await cells.nth(at).fill(text)
  await admin.locator('form select.key').selectOption('no')
  await admin.locator('form button[type=submit]').click()
  await admin.waitForURL(new RegExp(`/registers/v${stamp}`))
  await admin.locator('.tab[aria-current=page]', { hasText: '走访登记' }).waitFor()
  await shot(admin, 'year-06-definition')
  await leave(admin)
})

await step('a rule asks for a monthly brief; the unit answers with a zero report; the rule is switched off', async () => {
  await issuer.goto(`${base}/duties?tab=rules`)
  await issuer.getByRole('button', { name: '新建规则' }).click()
  await dialog(issuer).locator('input[maxlength="200"]').fill(`月度简报${stamp}`)
  await dialog(issuer).locator('input[value=orgs]').check()
  await pick(issuer, dialog(issuer).locator('.orgs .el-select'), unitName, unitName)
  await dialog(issuer).locator('.orgs li', { hasText: unitName }).waitFor()
  await dialog(issuer).locator('button[type=submit]').click()
  await gone(issuer)
  const rule = issuer.locator('tbody tr', { hasText: `月度简报${stamp}` })
  await rule.getByText('启用').waitFor()
  for (let n = 0; n < 40 && !(await ask(unit, '/duties?mine=1&limit=100')).rows.some((one) => one.rule.name.includes(stamp)); n++) await unit.waitForTimeout(500)
  await unit.goto(`${base}/duties?mine=1`)
  const duty = unit.locator('tbody tr', { hasText: `月度简报${stamp}` }).first()
  await duty.getByRole('button', { name: '零报告' }).click()
  await duty.getByText('零报告').first().waitFor()
  await shot(unit, 'year-07-duty')
  await rule.getByRole('button', { name: '停用' }).click()
  await dialog(issuer).locator('button[type=submit]').click()
  await gone(issuer)
  await rule.locator('.state.off').waitFor()
})

await step('a report as of now is looked at and kept', async () => {
  await issuer.goto(`${base}/reports`)
  await issuer.locator('.now select').selectOption(plan.uid)
  await issuer.getByRole('link', { name: '现在看周调度' }).click()
  await issuer.locator('.tiles').waitFor()
  await issuer.getByRole('button', { name: '留存这一期' }).click()
  await issuer.waitForURL(/\/reports\/[0-9a-z]{26}/)
  await issuer.getByRole('link', { name: '会议模式' }).waitFor()
  await shot(issuer, 'year-08-report')
})

await step('in meeting mode three pages are turned, and what is decided becomes a task', async () => {
  await issuer.getByRole('link', { name: '会议模式' }).click()
  const title = issuer.locator('.meeting h1')
  for (const n of ['1.', '2.', '3.']) {
    await title.filter({ hasText: n }).waitFor()
    await shot(issuer, `year-09-meeting-${n[0]}`)
    if (n !== '3.') await issuer.getByRole('button', { name: /下一页/ }).click()
  }
  await issuer.locator('.meeting form input').first().fill(`会议议定事项${stamp}`)
  await pick(issuer, issuer.locator('.meeting form .orgs .el-select'), unitName, unitName)
  await issuer.locator('.meeting form .date input.input').fill('2026-12-20')
  await issuer.locator('.meeting form .date input.input').blur()
  await issuer.locator('.meeting form button[type=submit]').click()
  const made = issuer.locator('.meeting .list li', { hasText: `会议议定事项${stamp}` }).last()
  await made.locator('a').click()
  await issuer.waitForURL(/\/tasks\//)
  await issuer.locator('.strip').waitFor()
})

await step('no page had an error, was refused content, or asked another host', () => noFaults())
rmSync(folder, { recursive: true, force: true })
await end()
