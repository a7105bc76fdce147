/* The main loop by keyboard alone, nothing is pressed by a mouse: a task is made, found, accepted, commented on, proved and submitted; dialogs
 * keep the focus, close, and give it back; rows of the ledger are walked, opened, chosen and changed together. Every stop of the Tab key is
 * there to be seen. Prints TAP; environment as in axe.mjs. */
import { choose, enter, press, tabTo, type, waitFor } from './keys.mjs'
import { ask, base, end, holds, noFaults, step } from './tap.mjs'

const stamp = String(Date.now()).slice(-6)
const title = `键盘办理的事项${stamp}`
let issuer, unit, unitName, uid

await step('both log in by typing', async () => {
  unit = await enter('unit_head')
  unitName = (await ask(unit, '/session')).org.name
  issuer = await enter('issuer')
}, true)

await step('the first stop leads past the navigation to the content', async () => {
  await issuer.goto(`${base}/ledger`)
  await waitFor(issuer, '[role=grid] .line')
  await tabTo(issuer, 'a.skip', { key: 'Shift+Tab', most: 40 })
  await press(issuer, 'Enter')
  await issuer.waitForFunction(() => document.activeElement?.id === 'main' || location.hash === '#main')
})

await step('the navigation and the menu of the account open and close', async () => {
  await tabTo(issuer, '.account > button', { key: 'Shift+Tab', most: 60 })
  await press(issuer, 'Enter')
  await waitFor(issuer, '.menu-box')
  await press(issuer, 'Escape')
  await issuer.locator('.menu-box').waitFor({ state: 'detached' })
  await tabTo(issuer, '.side a.entry', { text: '台账' })
  await press(issuer, 'Enter')
  await waitFor(issuer, '[role=grid] .line')
})

await step('a task is made: source, title, lead, date', async () => {
  await tabTo(issuer, '.page-head a.primary')
  await press(issuer, 'Enter')
  await issuer.waitForURL(/\/tasks\/new/)
  await waitFor(issuer, 'form input[type=radio]')
  await tabTo(issuer, 'input[type=radio]')
  await press(issuer, 'ArrowDown')
  await tabTo(issuer, 'section:nth-of-type(2) input.input')
  await type(issuer, title)
  await tabTo(issuer, '.orgs .el-select input', { most: 30 })
  await choose(issuer, unitName, unitName)
  await waitFor(issuer, '.orgs li', unitName)
  await tabTo(issuer, '.date input.input', { most: 30 })
  await type(issuer, '2026-12-31')
  await tabTo(issuer, 'button[type=submit]', { most: 30 })
  await press(issuer, 'Enter')
  await issuer.waitForURL(/\/tasks\/[0-9a-z]{26}/)
  uid = issuer.url().split('/').at(-1)
  await waitFor(issuer, '.strip', '待接收')
}, true)

await step('the slash finds it from any page', async () => {
  await press(unit, '/')
  await tabTo(unit, 'input[type=search]', { most: 1 })
  await type(unit, title)
  await waitFor(unit, '[role=option]', title)
  const chosen = () => unit.evaluate((words) => [...document.querySelectorAll('[role=option][aria-selected=true]')].some((el) => el.textContent.includes(words)), title)
  for (let n = 0; n < 8 && !(await chosen()); n++) await press(unit, 'ArrowDown')
  await press(unit, 'Enter')
  await unit.waitForURL(new RegExp(uid))
  await waitFor(unit, '.strip', '待接收')
})

await step('it is accepted', async () => {
  await tabTo(unit, '[data-verb=accept]')
  await press(unit, 'Enter')
  await waitFor(unit, '.strip', '办理中')
})

await step('it is commented on', async () => {
  await tabTo(unit, '.say textarea')
  await type(unit, `键盘留言${stamp}`)
  await tabTo(unit, '.say button', { most: 4 })
  await press(unit, 'Enter')
  await waitFor(unit, '.comment', `键盘留言${stamp}`)
})

await step('evidence is added through the chooser of files', async () => {
  await tabTo(unit, '.zone button', { key: 'Shift+Tab', most: 60 })
  const chooser = unit.waitForEvent('filechooser')
  await press(unit, 'Enter')
  await (await chooser).setFiles({ name: '键盘佐证.txt', mimeType: 'text/plain', buffer: Buffer.from('佐证（虚构样例）') })
  await waitFor(unit, '.list .one', '键盘佐证.txt')
})

await step('a dialog takes the focus, keeps it, and gives it back when it is closed', async () => {
  await tabTo(unit, '[data-verb=submit]', { key: 'Shift+Tab', most: 60 })
  await press(unit, 'Enter')
  await unit.locator('.el-dialog:visible').waitFor()
  await unit.waitForFunction(() => document.activeElement?.closest('.el-dialog') !== null)
  for (let n = 0; n < 8; n++) {
    await press(unit, 'Tab')
    holds(await unit.evaluate(() => document.activeElement?.closest('.el-overlay') !== null), 'Tab leaves the dialog')
  }
  await press(unit, 'Escape')
  await unit.locator('.el-dialog:visible').waitFor({ state: 'detached' }).catch(() => unit.locator('.el-dialog:visible').waitFor({ state: 'hidden' }))
  await unit.waitForFunction(() => document.activeElement?.matches('[data-verb=submit]'))
})

await step('it is submitted as done', async () => {
  await press(unit, 'Enter')
  await unit.locator('.el-dialog:visible textarea').waitFor()
  await tabTo(unit, '.el-dialog textarea', { most: 6 })
  await type(unit, '已办结，见佐证。')
  await tabTo(unit, '.el-dialog button[type=submit]', { most: 4 })
  await press(unit, 'Enter')
  await waitFor(unit, '.strip', '待审核')
})

await step('rows of the ledger are walked, and one is opened and closed without losing the place', async () => {
  await issuer.goto(`${base}/ledger?state=working`)
  await waitFor(issuer, '[role=grid] .line')
  await tabTo(issuer, '[role=grid]')
  await press(issuer, 'ArrowDown', 'ArrowDown')
  const active = () => issuer.evaluate(() => document.activeElement?.getAttribute('aria-activedescendant'))
  holds((await active()) === 'ledger-row-2', `the row is ${await active()}`)
  await press(issuer, 'Enter')
  await issuer.locator('.el-drawer:visible .strip').waitFor()
  await press(issuer, 'Escape')
  await issuer.locator('.el-drawer:visible').waitFor({ state: 'hidden' })
  await issuer.waitForFunction(() => document.activeElement?.matches('[role=grid]'))
  holds((await active()) === 'ledger-row-2', 'the place was lost')
  await press(issuer, 'End')
  holds((await active()) !== 'ledger-row-2', 'End does nothing')
  await press(issuer, 'Home')
  await issuer.waitForFunction(() => document.activeElement?.getAttribute('aria-activedescendant') === 'ledger-row-0' && document.getElementById('ledger-row-0'))
})

await step('rows are chosen with Space and Shift, and changed together', async () => {
  const chosen = ['1', '2', '3']
  for (const [i, key] of [' ', 'Shift+ArrowDown', 'Shift+ArrowDown'].entries()) {
    await press(issuer, key)
    await waitFor(issuer, '.bulk', chosen[i])
  }
  await tabTo(issuer, '.bulk button', { text: '提醒', most: 60 })
  await press(issuer, 'Enter')
  await issuer.locator('.el-dialog:visible').waitFor()
  await tabTo(issuer, '.el-dialog select', { most: 6 })
  await press(issuer, 'ArrowDown')
  await tabTo(issuer, '.el-dialog textarea', { most: 4 })
  await type(issuer, `会议期间暂停催办${stamp}`)
  await tabTo(issuer, '.el-dialog button[type=submit]', { most: 4 })
  await press(issuer, 'Enter')
  await issuer.locator('.el-dialog:visible').waitFor({ state: 'hidden' })
  await issuer.locator('.bulk').waitFor({ state: 'detached' })
})

await step('the views of the ledger, its filters and a report are reached and changed', async () => {
  await tabTo(issuer, '[role=tab]', { key: 'Shift+Tab', text: '看板', most: 60 })
  await press(issuer, 'Enter')
  await waitFor(issuer, '.board .column')
  await tabTo(issuer, '.chips button', { key: 'Shift+Tab', text: '逾期', most: 40 })
  await press(issuer, 'Enter')
  await issuer.waitForURL(/late=1/)
  await issuer.goto(`${base}/reports`)
  await waitFor(issuer, 'a', '会议模式')
  await tabTo(issuer, 'a.btn', { text: '会议模式' })
  await press(issuer, 'Enter')
  await waitFor(issuer, '.meeting h1', '1.')
  await press(issuer, 'ArrowRight')
  await waitFor(issuer, '.meeting h1', '2.')
  await press(issuer, 'Escape')
  await issuer.waitForURL(/\/reports\//)
})

await step('no page had an error, was refused content, or asked another host', () => noFaults())
await end()
