/* Every page of the program: who looks, where it is, and what is opened there before it is looked at. Drawn by look.mjs, held by axe.mjs. */

/** Accounts of the demo by role; BIHUAN_ACCOUNTS names a file with others. */
export const DEMO = Object.fromEntries(
  Object.entries({ issuer: 'issuer01', unit_head: 'head01', handler: 'handler01', reviewer: 'reviewer01', inspector: 'inspector01', leader: 'leader01', reporter: 'reporter01', district: 'jianglinyu', system_admin: 'sysadmin01', security_admin: 'secadmin01', audit_admin: 'auditadmin01' })
    .map(([role, username]) => [role, { username, password: 'shili-2026' }]),
)

export const NOTHING = 'nothing of this kind'
const ask = (page, path) => page.evaluate(async (url) => (await fetch(url)).json(), `/api/v1${path}`)
const firstOf = (list) => async (page) => (await ask(page, list)).rows?.[0]?.uid
/** `/tasks/` and the first of a list; null where the list is empty. */
const at = (base, list, rest = '') => async (page) => {
  const uid = await firstOf(list)(page)
  return uid ? `${base}${uid}${rest}` : null
}
const fixed = (path) => async () => path
const press = (name) => (page) => page.getByRole('button', { name, exact: true }).first().click()
const pressing = (selector) => (page) => page.locator(selector).first().click()
/** Opens the first of a list that may be empty. */
const opening = (selector) => async (page) => {
  await page.locator(`${selector}, .empty`).first().waitFor()
  if ((await page.locator(selector).count()) === 0) return NOTHING
  await page.locator(selector).first().click()
}
const biggest = '/plans?limit=100'
const plan = (rest = '') => async (page) => {
  const rows = (await ask(page, biggest)).rows ?? []
  const most = rows.reduce((a, b) => (a && a.tasks >= b.tasks ? a : b), null)
  return most ? `/plans/${most.uid}${rest}` : null
}
/** The records of the first dataset that has some, or the first of them. */
const records = (one) => async (page) => {
  for (const { id } of (await ask(page, '/datasets')).rows ?? []) {
    const row = (await ask(page, `/records/${id}?limit=1`)).rows?.[0]
    if (row) return one ? `/data/records/${id}/${encodeURIComponent(row.id)}` : `/data/records/${id}`
  }
  return null
}
const person = async (page) => {
  for (const { id } of (await ask(page, '/datasets')).rows ?? []) {
    const row = (await ask(page, `/records/${id}?limit=1`)).rows?.[0]
    const whole = row && (await ask(page, `/records/${id}/${encodeURIComponent(row.id)}`))
    if (whole?.person) return `/persons/${whole.person.uid}`
  }
  return null
}
const verb = (name) => pressing(`.action [data-verb="${name}"]:not([aria-disabled="true"])`)
const choose = async (page) => {
  await page.locator('.line .tick input').nth(0).click()
  await page.locator('.line .tick input').nth(1).click()
}

/** name: [role, where, what is done there first] */
export const PAGES = {
  start: ['issuer', fixed('/start')],
  overview: ['leader', fixed('/overview')],
  work: ['issuer', fixed('/work')],
  'work-unit': ['unit_head', fixed('/work')],
  documents: ['issuer', fixed('/documents')],
  document: ['issuer', at('/documents/', '/documents?state=draft', '?item=3')],
  findings: ['issuer', at('/documents/', '/documents?state=draft', '?tab=findings')],
  owners: ['issuer', at('/documents/', '/documents?state=draft', '?tab=owners')],
  facts: ['issuer', at('/documents/', '/documents?state=draft', '?tab=facts')],
  relations: ['issuer', at('/documents/', '/documents?state=issued', '?tab=relations')],
  ledger: ['issuer', fixed('/ledger')],
  'ledger-filter': ['issuer', fixed('/ledger?light=red&q=健康')],
  'ledger-row-filter': ['issuer', fixed('/ledger'), press(/^(表头筛选|Filter row)$/)],
  'ledger-none': ['issuer', fixed('/ledger?q=无此事项之词')],
  'ledger-bulk': ['issuer', fixed('/ledger'), choose],
  'bulk-due': ['issuer', fixed('/ledger'), async (page) => { await choose(page); await page.locator('.bulk .btn.tiny').first().click() }],
  board: ['issuer', fixed('/ledger?view=board')],
  timeline: ['issuer', fixed('/ledger?view=timeline')],
  district: ['issuer', fixed('/ledger?view=district')],
  drawer: ['issuer', async (page) => `/ledger?open=${await firstOf('/tasks?state=working')(page)}`],
  views: ['issuer', fixed('/ledger?light=red'), pressing('.saved > button')],
  newtask: ['issuer', fixed('/tasks/new')],
  importing: ['issuer', fixed('/ledger/import')],
  handover: ['unit_head', fixed('/ledger'), async (page) => { await page.locator('.page-head .menu > button').click(); await page.locator('.page-head .menu .box button').first().click() }],
  plans: ['issuer', fixed('/plans')],
  plan: ['issuer', plan()],
  'plan-tasks': ['issuer', plan('?tab=tasks')],
  ladder: ['issuer', plan('?tab=ladder')],
  settings: ['issuer', plan('?tab=settings')],
  'look-backs': ['issuer', plan('?tab=look')],
  task: ['issuer', at('/tasks/', '/tasks?state=working&limit=1')],
  'task-unit': ['unit_head', at('/tasks/', '/tasks?mine=1&state=working&limit=1')],
  review: ['reviewer', at('/tasks/', '/tasks?state=submitted&limit=1')],
  'look-back': ['issuer', at('/look-backs/', '/look-backs?limit=1')],
  closed: ['issuer', at('/tasks/', '/tasks?state=closed&limit=1')],
  amend: ['issuer', at('/tasks/', '/tasks?state=working&limit=1'), verb('amend')],
  split: ['issuer', at('/tasks/', '/tasks?state=working&limit=1'), verb('split')],
  reports: ['issuer', fixed('/reports')],
  'report-now': ['issuer', async (page) => `/reports/now?kind=weekly&plan=${(await plan()(page)).split('/').at(-1)}`],
  report: ['issuer', at('/reports/', '/reports?limit=1')],
  meeting: ['leader', at('/meetings/', '/reports?limit=1')],
  'meeting-late': ['leader', at('/meetings/', '/reports?kind=monthly&limit=1', '?page=2')],
  'meeting-next': ['leader', at('/meetings/', '/reports?kind=monthly&limit=1', '?page=3')],
  calendar: ['issuer', fixed('/calendar')],
  messages: ['unit_head', fixed('/messages')],
  search: ['issuer', fixed('/search?q=健康')],
  duties: ['unit_head', fixed('/duties')],
  rules: ['issuer', fixed('/duties?tab=rules')],
  rule: ['issuer', fixed('/duties?tab=rules'), press(/^(新建规则|New rule)$/)],
  definition: ['system_admin', fixed('/registers/trainings?define=1')],
  'definition-new': ['system_admin', fixed('/registers?define=new')],
  registers: ['unit_head', fixed('/registers')],
  entry: ['unit_head', fixed('/registers'), press(/^(登记|New entry)$/)],
  data: ['district', fixed('/data')],
  send: ['reporter', fixed('/data/send')],
  intakes: ['district', fixed('/data/intakes')],
  intake: ['district', at('/data/intakes/', '/intakes?limit=1')],
  defects: ['district', fixed('/data/defects')],
  quality: ['district', fixed('/data/quality')],
  records: ['district', fixed('/data/records')],
  cases: ['district', fixed('/data/cases')],
  case: ['district', at('/data/cases/', '/cases?limit=1')],
  owed: ['district', fixed('/data/owed-persons')],
  bulletin: ['district', fixed('/data/bulletin')],
  defect: ['district', fixed('/data/defects'), opening('tbody button.link')],
  score: ['district', fixed('/data/quality'), opening('tbody button.link')],
  form: ['reporter', async (page) => { const one = (await ask(page, '/forms')).rows?.[0]; return one ? `/data/forms/${one.dataset.id}/${one.form.id}` : null }],
  'data-clerk': ['reporter', fixed('/data')],
  'data-month': ['district', fixed('/data?month=2026-02&state=silent')],
  'intakes-clerk': ['reporter', fixed('/data/intakes')],
  'intake-clerk': ['reporter', at('/data/intakes/', '/intakes?state=done&limit=1')],
  'defects-clerk': ['reporter', fixed('/data/defects?mine=1')],
  'records-of': ['district', records()],
  record: ['district', records('?open=1')],
  'quality-clerk': ['reporter', fixed('/data/quality')],
  'bulletin-city': ['district', fixed('/data/bulletin?month=2026-02')],
  person: ['district', person],
  persons: ['district', fixed('/persons')],
  mappings: ['reporter', fixed('/data/mappings')],
  programmes: ['issuer', fixed('/programmes')],
  programme: ['issuer', async (page) => { const id = (await ask(page, '/datasets')).rows?.[0]?.pack.id; return id ? `/programmes/${id}` : null }],
  orgs: ['issuer', fixed('/orgs')],
  users: ['security_admin', fixed('/users')],
  'new-account': ['security_admin', fixed('/users'), press(/^(新建账号|New account)$/)],
  'account-of': ['security_admin', fixed('/users'), pressing('tbody button.name')],
  groups: ['security_admin', fixed('/users'), press(/^(机构组|Groups)$/)],
  audit: ['audit_admin', fixed('/audit')],
  jobs: ['issuer', fixed('/jobs')],
  job: ['system_admin', at('/jobs/', '/jobs?limit=1')],
  account: ['issuer', fixed('/account')],
  refused: ['reporter', fixed('/users')],
  missing: ['issuer', fixed('/nowhere')],
}

/** Goes there and does what is to be done first; what was amiss in words, or nothing. */
export async function show(page, base, name) {
  const [, where, first] = PAGES[name]
  const address = await where(page)
  if (address === null || address.includes('undefined')) return NOTHING
  await page.goto(`${base}${address}`)
  await page.waitForLoadState('networkidle')
  if (first) {
    try {
      if ((await first(page)) === NOTHING) return NOTHING
    } catch (error) {
      return String(error).split('\n')[0]
    }
    await page.waitForLoadState('networkidle')
  }
  await page.waitForTimeout(first ? 500 : 200) /* dialogs come in slowly */
  return ''
}
