/* A programme that the program has never heard of, in its pages: files of it come in, its records, forms and cases are there in its own words, in both languages, also on a phone. Prints TAP; run.py installs
 * the pack of tests/packs. */
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { axeFindings } from './browser.mjs'
import { ask, base, end, enter, holds, noFaults, sendFile, shot, step, tile } from './tap.mjs'

const PACK = 'school_water_inspect'
const [POINT, SAMPLE, SHUTDOWN] = ['drinking_water_point', 'water_sample', 'water_shutdown'].map((name) => `${PACK}.${name}`)
const folder = mkdtempSync(join(tmpdir(), 'bihuan-eighth-'))
const file = (name, ...lines) => {
  const path = join(folder, name)
  writeFileSync(path, `${lines.join('\n')}\n`)
  return path
}
const field = (page, id) => page.locator(`#field-${id}`)

/** What is looked at is accessible, and no wider than its window. */
async function sound(page) {
  holds((await page.evaluate(() => document.documentElement.scrollWidth - document.documentElement.clientWidth)) <= 0, `wider than the window: ${page.url()}`)
  const found = await axeFindings(page)
  holds(found.length === 0, found.join('\n'))
}

let clerk, phone

await step('the programme stands among the others, with what its pack declares', async () => {
  clerk = await enter('reporter')
  await clerk.goto(`${base}/programmes`)
  await clerk.getByRole('link', { name: '学校直饮水巡检', exact: true }).click()
  await clerk.waitForURL(new RegExp(`/programmes/${PACK}$`))
  await clerk.getByRole('tab', { name: '水样检测', exact: true }).click()
  await clerk.getByText('指标超限而判为合格').first().waitFor()
  await clerk.locator('th', { hasText: '浊度' }).first().waitFor()
  await sound(clerk)
  await shot(clerk, 'eighth-01-programme')
}, true)

await step('its files come in by their headings, and what is wrong is said in its words', async () => {
  await sendFile(clerk, file('points.csv', '管理机构,点位,位置,滤芯等级,安装日期,服务人数,管护人电话,valid_from', '990101-JC01,P1,一楼,精滤,2025-09-01,120,13812345678,2025-09-01', '990101-JC01,P2,二楼,粗滤,2025-09-01,400,,2025-09-01'), () => clerk.locator('b', { hasText: '直饮水点位' }).waitFor())
  await tile(clerk, '提醒').getByText('1', { exact: true }).waitFor()
  await sendFile(clerk, file('samples.csv', '检测机构,点位编号,采样时间,余氯,浊度,菌落总数,合格,不合格说明', '990101-JC01,P1,2026-02-03 08:30,0.30,0.4,3,是,', '990101-JC01,P2,2026-02-03 09:00,25,0.4,3,否,余氯'), () => clerk.locator('b', { hasText: '水样检测' }).waitFor())
  await tile(clerk, '暂扣').getByText('1', { exact: true }).waitFor()
  await clerk.getByText('检测值超出可能范围').first().waitFor()
  await shot(clerk, 'eighth-02-intake')
})

await step('its records stand under its own headings, codes by their names, what is personal unread', async () => {
  await clerk.goto(`${base}/data/records/${POINT}`)
  for (const heading of ['点位编号', '滤芯等级', '服务人数']) await clerk.locator('thead th', { hasText: heading }).first().waitFor()
  await clerk.locator('tbody tr', { hasText: '精滤' }).first().waitFor()
  holds(!(await clerk.locator('body').innerText()).includes('13812345678'), 'a telephone is not masked')
  await sound(clerk)
  await clerk.locator('tbody tr.opens').first().click()
  await clerk.getByText('历次版本').first().waitFor()
  await shot(clerk, 'eighth-03-records')
})

await step('its form is filled in on a phone, with a field of each kind', async () => {
  phone = await enter('reporter', { width: 390, height: 844 })
  const { form } = (await ask(phone, `/forms?dataset=${SAMPLE}`)).rows[0]
  await phone.goto(`${base}/data/forms/${SAMPLE}/${form.id}`)
  await field(phone, 'point').fill('P2')
  await field(phone, 'taken_at').fill('2026-02-10T09:30')
  await field(phone, 'chlorine').fill('0.3')
  await field(phone, 'turbidity').fill('3.5')
  await field(phone, 'colony').fill('2')
  await field(phone, 'fit').selectOption('true')
  await field(phone, 'fit').blur()
  await phone.getByText('指标超限而判为合格').first().waitFor()
  await sound(phone)
  await shot(phone, 'eighth-04-form')
  await field(phone, 'turbidity').fill('0.5')
  await field(phone, 'turbidity').blur()
  await phone.getByText('指标超限而判为合格').first().waitFor({ state: 'detached' })
  await phone.locator('form button[type=submit]').click()
  await phone.waitForURL(/\/data\/records\//)
  const rows = (await ask(phone, `/records/${SAMPLE}?limit=50`)).rows
  holds(rows.some((one) => one.values.turbidity === '0.5' && one.state === 'accepted'), JSON.stringify(rows.map((one) => one.values)))
  await sound(phone)
})

await step('its case goes from state to state, with what a step needs', async () => {
  const { form } = (await ask(phone, `/forms?dataset=${SHUTDOWN}`)).rows[0]
  await phone.goto(`${base}/data/forms/${SHUTDOWN}/${form.id}`)
  await field(phone, 'case_number').fill('T-1')
  await field(phone, 'point').fill('P1')
  await phone.locator('form .date input[aria-label="发现日期"]').fill('2026-02-20')
  await phone.locator('form button[type=submit]:enabled').click()
  await phone.waitForURL(/\/data\/records\//)
  const one = (await ask(phone, `/cases?dataset=${SHUTDOWN}`)).rows[0]
  await phone.goto(`${base}/data/cases/${one.uid}`)
  await phone.locator('.track .now', { hasText: '已发现' }).waitFor()
  await phone.locator('.act').getByRole('button', { name: '停用', exact: true }).click()
  await phone.locator('.el-dialog:visible button[type=submit]').click()
  await phone.locator('.track .now', { hasText: '已停用' }).waitFor()
  await phone.locator('.act').getByRole('button', { name: '恢复', exact: true }).click()
  const dialog = phone.locator('.el-dialog:visible')
  await dialog.locator('#field-cause').selectOption('device')
  await dialog.locator('.date input[aria-label="修复日期"]').fill('2026-02-25')
  await shot(phone, 'eighth-05-step')
  await dialog.locator('button[type=submit]').click()
  await phone.locator('.track .now', { hasText: '已修复' }).waitFor()
  await sound(phone)
  await shot(phone, 'eighth-06-case')
})

await step('in English it has its English words', async () => {
  const english = await enter('reporter', { lang: 'en' })
  await english.goto(`${base}/data/records/${POINT}`)
  for (const heading of ['Point', 'Filter', 'Pupils']) await english.locator('thead th', { hasText: heading }).first().waitFor()
  await english.locator('tbody tr', { hasText: 'Fine' }).first().waitFor()
  await english.goto(`${base}/programmes/${PACK}`)
  await english.getByRole('heading', { name: 'Drinking water in schools', exact: true }).waitFor()
  await sound(english)
  await shot(english, 'eighth-07-english')
})

await step('no page had an error, was refused content, or asked another host', () => noFaults())
rmSync(folder, { recursive: true, force: true })
await end()
