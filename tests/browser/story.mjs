/* The whole turn of the loop in a real browser: a document is dropped, corrected and issued; a unit works and submits with evidence; a reviewer
 * of another organisation returns it, then verifies; it is closed; the history is verified. Prints TAP.
 *   BIHUAN_URL       base of a running server
 *   BIHUAN_ACCOUNTS  a JSON file: {"issuer":{"username","password"},"unit_head":{…},…} (optional: the demo's)
 *   BIHUAN_SHOTS     a folder for screenshots (optional) */
import { axeFindings, openPage } from './browser.mjs'
import { accounts, base, browser, end, enter, holds, leave, noFaults, shot, step } from './tap.mjs'

const stamp = process.env.BIHUAN_STAMP ?? String(Date.now()).slice(-7)
const session = (page) => page.evaluate(async () => (await fetch('/api/v1/session')).json())
const bodyText = (page) => page.locator('body').innerText()

/* A document of the invented city for whatever unit plays the owner here; an emoji and CR LF before the marks, a name that nobody bears. */
function documentText(unit) {
  return [
    `2026年示例市卫生健康重点任务😀（第${stamp}号试验文件）`, '', '本文件为虚构样例，共3项重点任务😀😀。', '', '一、更实举措守护群众健康', '',
    `1．规范高血压患者健康管理。一是完善随访制度；二是按月通报进展。2026年底前，高血压患者规范管理率达到72%以上。（牵头处室：${unit}）`, '',
    `2．做好群众健康知识普及工作${stamp}。一是举办健康讲座；二是印发宣传材料。2026年底前完成。（牵头处室：${unit}；配合处室：健康试验专班${stamp}）`, '',
    `3．其他工作。继续做好日常工作。（牵头处室：${unit}）`, '',
  ].join('\r\n')
}

async function drop(page, selector, name, text) {
  const transfer = await page.evaluateHandle(([file, content]) => {
    const data = new DataTransfer()
    data.items.add(new File([content], file, { type: 'text/plain' }))
    return data
  }, [name, text])
  await page.dispatchEvent(selector, 'drop', { dataTransfer: transfer })
}

const saved = (page) => page.waitForFunction(() => !document.querySelector('.bar')?.textContent?.includes('正在保存'))
const act = (page, verb) => page.locator(`.action [data-verb="${verb}"]:not([aria-disabled="true"])`)
const dialog = (page) => page.locator('.el-dialog:visible')

async function decide(page, verb, words) {
  await act(page, verb).click()
  if (words !== undefined) await dialog(page).locator('textarea').fill(words)
  if (await dialog(page).count()) {
    await dialog(page).locator('button[type=submit]').click()
    await dialog(page).waitFor({ state: 'hidden' })
  }
}

const stateIs = (page, word) => page.locator('.strip').getByText(word, { exact: true }).waitFor()

let issuer, unit, reviewer, auditor, unitOrg, documentUrl, taskUrl

await step('the unit logs in, and its name is known', async () => {
  unit = await enter('unit_head')
  unitOrg = (await session(unit)).org
  holds(unitOrg?.name, 'no organisation in the session')
  await shot(unit, '01-unit-work-before')
}, true)

await step('a wrong password is refused in words that tell nothing', async () => {
  const page = await openPage(browser, base)
  await page.goto(`${base}/login`)
  await page.fill('input[name=username]', accounts.issuer.username)
  await page.fill('input[name=password]', 'wrong-password-1')
  await page.click('button[type=submit]')
  await page.getByText('账号或密码不对').waitFor()
  await page.context().close()
})

await step('the issuer drops a document and it is read', async () => {
  issuer = await enter('issuer')
  await issuer.goto(`${base}/documents`)
  await drop(issuer, '.zone', `试验文件${stamp}.txt`, documentText(unitOrg.name))
  await issuer.waitForURL(/\/documents\/[0-9a-z]{26}/)
  documentUrl = issuer.url().split('?')[0]
  await issuer.locator('.paper').waitFor()
  await shot(issuer, '02-document')
}, true)

await step('owners, targets and measures are marked where they stand, after emoji and CR LF', async () => {
  const texts = (selector) => issuer.locator(`.paper ${selector}`).allInnerTexts()
  holds((await texts('.m-lead')).every((text) => text === unitOrg.name) && (await texts('.m-lead')).length === 3, `leads: ${await texts('.m-lead')}`)
  const targets = (await texts('.m-target')).join('')
  holds(targets.startsWith('高血压患者规范管理率') && targets.includes('72%以上'), `targets: ${targets}`)
  holds((await texts('.m-measure')).join('；').includes('完善随访制度'), `measures: ${await texts('.m-measure')}`)
  holds((await texts('.m-unknown')).join() === `健康试验专班${stamp}`, `unknown: ${await texts('.m-unknown')}`)
})

await step('hover and arrow keys move outline, text and extraction together', async () => {
  await issuer.locator('.paper .m-item', { hasText: '做好群众健康知识普及' }).first().hover()
  await issuer.locator('.outline .entry.hovered', { hasText: '做好群众健康知识普及' }).waitFor()
  await issuer.locator('.work .item.hovered', { hasText: '做好群众健康知识普及' }).waitFor()
  await issuer.mouse.move(2, 2)
  await issuer.locator('.outline .entry').first().focus()
  await issuer.keyboard.press('ArrowDown')
  await issuer.locator('.outline .entry.current', { hasText: '做好群众健康知识普及' }).waitFor()
  await issuer.locator('.paper .m-item.current', { hasText: '做好群众健康知识普及' }).first().waitFor()
  await issuer.locator('.work .item.current').waitFor()
  await shot(issuer, '03-document-item')
})

await step('it cannot be issued yet, and says why', async () => {
  holds((await issuer.locator('.issue').getAttribute('aria-disabled')) === 'true', 'issue is not disabled')
  holds((await issuer.locator('#issue-why').innerText()).length > 4, 'no reason is given')
})

await step('a title is corrected, and stays so', async () => {
  const title = issuer.locator('.work .item.current [data-field=title]')
  await title.fill(`普及健康知识${stamp}`)
  await title.blur()
  await issuer.locator('.outline .entry.current', { hasText: `普及健康知识${stamp}` }).waitFor()
  await saved(issuer)
  await issuer.reload()
  await issuer.locator('.outline .entry', { hasText: `普及健康知识${stamp}` }).waitFor()
})

await step('a second browser that was quicker is shown, not overwritten', async () => {
  const other = await enter('issuer')
  await other.goto(`${documentUrl}?item=2`)
  const theirs = other.locator('.work .item.current [data-field=title]')
  await theirs.waitFor()
  await issuer.locator('.outline .entry', { hasText: `普及健康知识${stamp}` }).click()
  const mine = issuer.locator('.work .item.current [data-field=title]')
  await theirs.fill('其他日常工作')
  await theirs.blur()
  await other.locator('.outline .entry', { hasText: '其他日常工作' }).waitFor()
  await mine.fill(`普及健康知识与技能${stamp}`)
  await mine.blur()
  await dialog(issuer).getByText('其他日常工作').waitFor()
  await shot(issuer, '04-conflict')
  await dialog(issuer).locator('.btn.primary').click()
  await issuer.locator('.outline .entry', { hasText: `普及健康知识与技能${stamp}` }).waitFor()
  await issuer.locator('.outline .entry', { hasText: '其他日常工作' }).waitFor()
  await leave(other)
})

await step('a name that no organisation bears is asked, and answered once', async () => {
  await issuer.getByRole('tab', { name: /单位/ }).click()
  await shot(issuer, '05-owners')
  const ask = issuer.locator('.owner.ask', { hasText: `健康试验专班${stamp}` })
  await ask.locator('.el-select input').fill('人民医院')
  await issuer.locator('.el-select-dropdown__item:visible').first().click()
  await issuer.getByText('文中的单位已全部对应到机构').waitFor()
})

await step('findings are looked at and ticked', async () => {
  await issuer.getByRole('tab', { name: /疑点/ }).click()
  const all = issuer.getByRole('button', { name: '全部标为看过' })
  while (await all.count()) {
    const before = await all.count()
    await all.first().click()
    await issuer.waitForFunction((n) => document.querySelectorAll('.group-head .btn').length < n, before)
  }
  await issuer.getByText('疑点已看完').waitFor()
  await shot(issuer, '06-findings')
})

await step('items are confirmed and left out from the keyboard', async () => {
  await issuer.getByRole('tab', { name: /条目/ }).click()
  await issuer.locator('.outline .entry').first().click()
  await issuer.keyboard.press('c')
  await issuer.locator('.outline .entry').first().locator('text=✓').waitFor()
  await issuer.locator('.outline .entry').nth(1).click()
  await issuer.keyboard.press('c')
  await issuer.locator('.outline .entry').nth(1).locator('text=✓').waitFor()
  await issuer.locator('.outline .entry').nth(2).click()
  await issuer.keyboard.press('x')
  await issuer.locator('.outline .entry').nth(2).locator('text=–').waitFor()
  const rest = issuer.locator('.outline .entry.s-open')
  while (await rest.count()) {
    const before = await rest.count()
    await rest.first().click()
    await issuer.keyboard.press('x')
    await issuer.waitForFunction((n) => document.querySelectorAll('.outline .entry.s-open').length < n, before)
  }
})

await step('it is issued, and the tasks stand in the ledger', async () => {
  await issuer.locator('.issue[aria-disabled=false]').click()
  await shot(issuer, '07-issue')
  await dialog(issuer).locator('button[type=submit]').click()
  await issuer.waitForURL(/\/ledger\?.*plan=/)
  await issuer.locator('tbody tr', { hasText: `普及健康知识与技能${stamp}` }).waitFor()
  holds((await issuer.locator('tbody tr').count()) === 2, 'not two tasks')
  await shot(issuer, '08-ledger')
}, true)

await step("the task stands in the unit's work and is accepted", async () => {
  await unit.goto(`${base}/work`)
  const row = unit.locator('.item', { hasText: '规范高血压患者健康管理' }).last()
  await row.waitFor()
  await shot(unit, '09-work')
  const tasks = await unit.evaluate(async (q) => (await fetch(`/api/v1/tasks?mine=1&order=changed&q=${encodeURIComponent(q)}`)).json(), '规范高血压患者健康管理')
  const plan = new URL(issuer.url()).searchParams.get('plan')
  taskUrl = `${base}/tasks/${tasks.rows.find((one) => one.plan.uid === plan).uid}`
  await unit.goto(taskUrl)
  await unit.locator('.sentence').getByText('高血压患者规范管理率达到72%以上').waitFor()
  await decide(unit, 'accept')
  await stateIs(unit, '办理中')
}, true)

await step('it cannot be submitted before measures and evidence, and says so', async () => {
  holds((await act(unit, 'submit').count()) === 0, 'submit is offered')
  await unit.locator('.action .why').first().waitFor()
  holds((await act(unit, 'verify').count()) === 0, 'the unit may verify itself')
})

await step('measures are answered and evidence is dropped', async () => {
  const measures = unit.locator('.measures .measure')
  const n = await measures.count()
  holds(n === 2, `${n} measures`)
  for (let i = 0; i < n; i++) {
    await measures.nth(i).locator('select').selectOption('done')
    await measures.nth(i).locator('textarea').fill('已完成，见佐证材料。')
    await measures.nth(i).locator('button').click()
    await unit.waitForFunction((at) => document.querySelectorAll('.measures .measure')[at]?.classList.contains('m-done'), i)
  }
  await drop(unit, '.zone', '随访制度.txt', '随访制度（虚构样例）😀')
  await unit.locator('.list .one', { hasText: '随访制度.txt' }).waitFor()
  await shot(unit, '10-task-working')
})

await step('it is submitted as done, and now waits for another', async () => {
  await decide(unit, 'submit', '制度已印发，规范管理率由台账统计。')
  await stateIs(unit, '待审核')
  holds((await act(unit, 'verify').count()) === 0, 'the unit may verify its own claim')
}, true)

await step('a reviewer of another organisation must first say why no figure can decide', async () => {
  reviewer = await enter('reviewer')
  await reviewer.goto(taskUrl)
  await reviewer.locator('.sentence').waitFor()
  holds((await act(reviewer, 'verify').count()) === 0, 'verify is offered before rule c is answered')
  await decide(reviewer, 'incomputable', '随访数据尚未接入，暂不能由系统计算。')
  await reviewer.locator('.said', { hasText: '随访数据尚未接入' }).waitFor()
  await shot(reviewer, '11-incomputable')
})

await step('the reviewer returns it with a reason, which the unit sees in its work', async () => {
  await decide(reviewer, 'return', '请补充随访名册。')
  await stateIs(reviewer, '已退回')
  await unit.goto(`${base}/work?group=back`)
  await unit.locator('.item', { hasText: '规范高血压患者健康管理' }).first().waitFor()
  await shot(unit, '12-returned')
  await unit.goto(taskUrl)
  await unit.locator('.proof').getByText('请补充随访名册。').waitFor()
})

await step('the unit adds what was missing and submits again', async () => {
  await decide(unit, 'accept')
  await stateIs(unit, '办理中')
  await drop(unit, '.zone', '随访名册.txt', '随访名册（虚构样例）')
  await unit.locator('.list .one', { hasText: '随访名册.txt' }).waitFor()
  await decide(unit, 'submit', '已补充名册。')
  await stateIs(unit, '待审核')
})

await step('the reviewer verifies it; it is not closed by that', async () => {
  await reviewer.goto(`${base}/work`)
  await reviewer.locator('.item', { hasText: '规范高血压患者健康管理' }).first().waitFor()
  await reviewer.goto(taskUrl)
  await decide(reviewer, 'verify', '制度与名册齐全，同意。')
  await stateIs(reviewer, '待销号')
  await shot(reviewer, '13-verified')
})

await step('the issuer closes it', async () => {
  await issuer.goto(`${base}/work`)
  await issuer.locator('.item', { hasText: '规范高血压患者健康管理' }).first().waitFor()
  await issuer.goto(taskUrl)
  await decide(issuer, 'close')
  await stateIs(issuer, '已销号')
  await issuer.locator('.line').getByText('销号').first().waitFor()
  await shot(issuer, '14-closed')
})

await step('the history verifies, and shows what was done', async () => {
  auditor = await enter('audit_admin')
  await auditor.goto(`${base}/audit`)
  await auditor.getByRole('button', { name: '校验记录链' }).click()
  await auditor.locator('.chain.good').waitFor()
  holds((await auditor.locator('.chain').innerText()).includes('记录链完整'), 'not whole')
  await auditor.locator('tbody tr').first().waitFor()
  await shot(auditor, '15-audit')
})

await step('the same pages speak English, and the address opens the same view', async () => {
  const page = await enter('issuer', { lang: 'en' })
  await page.goto(`${taskUrl}`)
  await page.locator('.strip').getByText('closed', { exact: true }).waitFor()
  await page.goto(issuer.url())
  await page.locator('.strip').waitFor()
  await shot(page, '16-english')
})

await step('an ended session asks again over the page, and nothing typed is lost', async () => {
  await unit.goto(taskUrl)
  const field = unit.locator('.say textarea')
  await field.fill(`留言${stamp}`)
  await unit.context().clearCookies()
  await unit.locator('.say button').click()
  await dialog(unit).locator('input[name=password]').fill(accounts.unit_head.password)
  await dialog(unit).locator('button[type=submit]').click()
  await dialog(unit).waitFor({ state: 'hidden' })
  holds((await field.inputValue()) === `留言${stamp}`, 'the comment is gone')
  await unit.locator('.say button').click()
  await unit.locator('.comment', { hasText: `留言${stamp}` }).waitFor()
})

await step('somebody without the right is told so', async () => {
  await unit.goto(`${base}/users`)
  await unit.getByRole('heading', { name: '您没有查看这一页的权限' }).waitFor()
  await shot(unit, '17-refused')
})

await step('axe finds nothing against WCAG 2.1 AA on the main pages', async () => {
  const found = []
  for (const [page, address] of [[issuer, taskUrl], [issuer, documentUrl], [issuer, `${base}/ledger`], [issuer, `${base}/documents`], [issuer, `${base}/work`], [auditor, `${base}/audit`]]) {
    await page.goto(address)
    await page.waitForLoadState('networkidle')
    found.push(...(await axeFindings(page)).map((line) => `${new URL(address).pathname}: ${line}`))
  }
  holds(found.length === 0, found.join('\n'))
})

await step('no page had an error, was refused content, or asked another host', async () => {
  await noFaults()
  holds(!(await bodyText(issuer)).includes('undefined'), 'a page shows "undefined"')
})
await end()
