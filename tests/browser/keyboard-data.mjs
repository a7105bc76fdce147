/* The pages of data by keyboard alone: what is owed, a file chosen, its columns mapped, stored; its defect opened and answered in a dialog that keeps the focus; a form filled in. Prints TAP; environment as
 * in story.mjs; any city. */
import { enter, press, tabTo, type, waitFor } from './keys.mjs'
import { ask, base, end, holds, noFaults, step } from './tap.mjs'

const stamp = String(Date.now()).slice(-5)
const DATASET = 'immunization.vaccination'
const number = (n) => `E97${stamp}${String(n).padStart(2, '0')}`
const CONTENT = `birth_cert,出生日期,性别,疫苗代码,剂次,哪天打的${stamp},疫苗批号,上一针\n${number(1)},2026-02-01,1,HepB,1,2026-01-03,A01,\n${number(2)},2026-02-01,1,HepB,1,2026-02-03,A01,\n`
let page, uid

await step('a clerk logs in, and walks the tabs of data', async () => {
  page = await enter('reporter')
  await page.goto(`${base}/data`)
  await waitFor(page, 'nav a, [role=tab]', '上报数据')
  await tabTo(page, 'a', { text: '上报数据' })
  await press(page, 'Enter')
  await page.waitForURL(/\/data\/send/)
}, true)

await step('the dataset and a file are chosen, and a column is mapped', async () => {
  await tabTo(page, 'select')
  await page.keyboard.type('接种记录')
  await press(page, 'Tab')
  await tabTo(page, '.zone button, button', { text: '选择文件' })
  const chooser = page.waitForEvent('filechooser')
  await press(page, 'Enter')
  await (await chooser).setFiles({ name: '键盘.csv', mimeType: 'text/csv', buffer: Buffer.from(CONTENT) })
  const select = `select[aria-label="哪天打的${stamp} 对应的字段"]`
  await waitFor(page, select)
  holds(await page.evaluate((sel) => document.querySelector(sel).value, select) !== undefined, 'no column')
  await tabTo(page, select)
  const names = await page.evaluate(() => [...document.activeElement.options].map((one) => one.value))
  const now = await page.evaluate(() => document.activeElement.selectedIndex)
  const steps = names.indexOf('given_on') - now
  for (let n = 0; n < Math.abs(steps); n++) await press(page, steps > 0 ? 'ArrowDown' : 'ArrowUp')
  holds(await page.evaluate(() => document.activeElement.value) === 'given_on', 'the column is not mapped')
  await tabTo(page, '.bar button.primary', { text: '提交入库' })
  await press(page, 'Enter')
  await page.waitForURL(/\/data\/intakes\/[0-9a-z]{26}/)
  uid = page.url().split('/').at(-1)
  await page.locator('.page-head .outcome', { hasText: '完成' }).waitFor()
}, true)

await step('its defect is reached from there, opened, answered in a dialog that keeps the focus', async () => {
  await page.locator('.next li', { hasText: '暂扣' }).waitFor()
  await tabTo(page, '.next a')
  await press(page, 'Enter')
  await page.waitForURL(/\/data\/defects\?/)
  await waitFor(page, 'tbody button.link')
  await tabTo(page, 'tbody button.link')
  await press(page, 'Enter')
  await page.locator('.el-drawer:visible').waitFor()
  await page.waitForFunction(() => document.activeElement?.closest('.el-drawer, .el-overlay') !== null)
  for (let n = 0; n < 12; n++) {
    await press(page, 'Tab')
    holds(await page.evaluate(() => document.activeElement?.closest('.el-overlay') !== null), 'Tab leaves the drawer')
  }
  await press(page, 'Escape')
  await page.locator('.el-drawer:visible').waitFor({ state: 'hidden' })
  holds(await page.evaluate(() => document.activeElement?.matches('tbody button.link')), 'the focus is not given back to the row')
})

await step('a form is filled in and stored', async () => {
  const { form } = (await ask(page, `/forms?dataset=${DATASET}`)).rows[0]
  const fields = (await ask(page, `/forms/${DATASET}/${form.id}`)).parts.flatMap((part) => part.fields)
  const values = { birth_cert: number(9), birth: '2026-02-01', sex: '1', vaccine: 'HepB', dose: '1', given_on: '2026-02-03', lot: 'A01' }
  await page.goto(`${base}/data/forms/${DATASET}/${form.id}`)
  await waitFor(page, 'form fieldset')
  for (const field of fields.filter((one) => values[one.id])) {
    const selector = field.type === 'date' ? `form .date input[aria-label="${field.name}"]` : `#field-${field.id}`
    await tabTo(page, selector)
    if (await page.evaluate(() => document.activeElement.tagName === 'SELECT')) {
      const steps = await page.evaluate((value) => [...document.activeElement.options].findIndex((one) => one.value === value) - document.activeElement.selectedIndex, values[field.id])
      for (let n = 0; n < Math.abs(steps); n++) await press(page, steps > 0 ? 'ArrowDown' : 'ArrowUp')
    } else await type(page, values[field.id])
  }
  await tabTo(page, 'form button[type=submit]')
  await press(page, 'Enter')
  await page.waitForURL(/\/data\/(records|intakes)\//)
})

await step('no page had an error, was refused content, or asked another host', () => noFaults())
holds(uid, 'nothing was stored')
await end()
