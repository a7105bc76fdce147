/* The ledger's year in the mock: what docs/internals/api-year.md adds to plans and tasks. */
import { uid } from './orgs.mjs'
import { Refusal } from './refusal.mjs'

const TODAY = '2026-11-22'
const STAGES = ['整改准备', '集中整改', '日常监督', '评估核验']
const LEVELS = ['green', 'yellow', 'red', 'letter']
const DEFAULT_STEPS = [
  { days: -20, working: false, level: 'green', to: ['handler'], letter: false }, { days: -10, working: false, level: 'yellow', to: ['handler', 'deputy'], letter: false },
  { days: 1, working: true, level: 'red', to: ['unit', 'head'], letter: true }, { days: 7, working: true, level: 'order', to: ['unit', 'leader'], letter: true },
]
const SETTINGS = { holding_days: 180, publicity_days: 0, weekly: { day: 1, hour: 9 }, monthly: { day: 3, hour: 9 }, progress: 'week', assess: [{ measure: 'on_time', weight: 40 }, { measure: 'first_pass', weight: 30 }, { measure: 'relapse', weight: 30 }] }
const yes = { ok: true }
const no = (why, params = {}) => ({ ok: false, why, params })
const org = (one) => (one ? { uid: one.uid, name: one.name } : null)
const ENDED = ['verified', 'closed', 'cancelled', 'waived']

/* What hangs on the world: one bag, made at first use. */
function bag(world) {
  if (!world.year) world.year = { steps: new Map(), stages: new Map(), settings: new Map(), views: [], looks: [], progress: new Map(), amendments: new Map(), readers: new Map(), reminders: new Map(), codes: new Map() }
  return world.year
}
const who = (account) => (account ? { uid: account.uid, name: account.person.name, org: org(account.org) } : null)

export function planCode(world, plan) {
  const codes = bag(world).codes
  if (!codes.has(plan.uid)) codes.set(plan.uid, `要点${world.planList.length - world.planList.indexOf(plan) > 1 ? world.planList.length - world.planList.indexOf(plan) : ''}`)
  return codes.get(plan.uid)
}

/* What a task of the year knows besides: filled once, from its place in the list. */
function fill(world, task) {
  if (task.year) return task.year
  const i = world.taskList.indexOf(task)
  const plan = world.planList.find((one) => one.uid === task.plan.uid)
  const same = world.taskList.filter((one) => one.plan.uid === task.plan.uid)
  const handlers = world.accounts.filter((one) => task.lead.some((lead) => lead?.uid === one.org.uid))
  task.year = {
    number: task.state === 'draft' ? null : `${plan ? planCode(world, plan) : '临时'}-2026-${String(same.indexOf(task) + 1).padStart(3, '0')}`, stage: { seq: (i % 4) + 1, name: STAGES[i % 4] }, handler: who(handlers[0]) ?? null, leader: i % 3 === 0 ? who(world.accounts[6]) : null,
    term: ['dated', 'at_once', 'lasting'][i % 3], category: ['疾病预防', '妇幼健康', '基层卫生'][i % 3], parent: null, restricted: i % 11 === 5, relapses: task.state === 'reopened' ? 1 : 0, holding_until: task.state === 'closed' ? '2027-05-21' : null,
    reminder: i % 4 === 0 ? LEVELS[i % 3] : null, progress: i % 3 === 1 ? { period: '2026W47', percent: (i * 13) % 101, text: '已完成第一轮培训，正在汇总名册。' } : null, children: [], shares: null,
  }
  if (task.year.relapses && !task.marks.includes('relapsed')) task.marks.push('relapsed')
  if (task.year.restricted && !task.marks.includes('restricted')) task.marks.push('restricted')
  return task.year
}

export function yearRow(world, task) {
  const { children, shares, ...row } = fill(world, task)
  const found = children.map((id) => world.taskOf(id))
  return { ...row, children: found.length ? { total: found.length, closed: found.filter((one) => one.state === 'closed').length } : null }
}

const districtOf = (world, task) => {
  for (let at = world.orgOf(task.lead[0]?.uid); at; at = world.orgOf(at.parent)) if (at.kind === 'government' && at.parent) return at
  return null
}

export function yearFilter(world, query, me) {
  const has = (name, test) => !query.get(name) || test(query.get(name))
  return (task) => {
    const year = fill(world, task)
    return has('number', (v) => (year.number ?? '').includes(v)) && has('stage', (v) => String(year.stage?.seq) === v || year.stage?.name === v) && has('handler', (v) => year.handler?.uid === v) && has('leader', (v) => year.leader?.uid === v) &&
      has('parent', (v) => (v === 'none' ? !year.parent : year.parent?.uid === v)) && has('source', (v) => task.source === v) && has('term', (v) => year.term === v) && has('category', (v) => year.category === v) && has('relapsed', () => year.relapses > 0) &&
      has('silent', () => !year.progress && !ENDED.includes(task.state)) && has('area', (v) => districtOf(world, task)?.area === v) && has('changed_from', (v) => task.changed >= v) && (!year.restricted || me.roles !== 'reporter')
  }
}

export function counts(world, { query, me }) {
  const rows = world.tasksFound({ query, me })
  const answer = { state: {}, light: {}, plan: [], owner: [], month: [], district: [] }
  const group = (list, key, first) => {
    let found = list.find((one) => one.key === key)
    if (!found) list.push((found = { key, ...first }))
    return found
  }
  for (const task of rows) {
    const light = world.light(task)
    answer.state[task.state] = (answer.state[task.state] ?? 0) + 1
    answer.light[light] = (answer.light[light] ?? 0) + 1
    group(answer.plan, task.plan.uid, { ...task.plan, n: 0 }).n++
    const month = group(answer.month, task.due?.slice(0, 7) ?? '', { month: task.due?.slice(0, 7) ?? '', n: 0, red: 0 })
    month.n++
    if (light === 'red') month.red++
    for (const lead of task.lead) {
      const owner = group(answer.owner, lead.uid, { org: org(lead), n: 0, red: 0, amber: 0 })
      owner.n++
      if (light === 'red' || light === 'amber') owner[light]++
    }
    const place = query.get('districts') ? districtOf(world, task) : null
    if (!place) continue
    const district = group(answer.district, place.uid, { org: org(place), area: place.area, n: 0, red: 0, amber: 0, green: 0, grey: 0, none: 0 })
    district.n++
    district[light]++
  }
  if (!query.get('districts')) delete answer.district
  for (const list of [answer.plan, answer.owner, answer.month, answer.district ?? []]) for (const one of list) delete one.key
  answer.owner.sort((a, b) => b.n - a.n)
  answer.month.sort((a, b) => a.month.localeCompare(b.month))
  return answer
}

export function people(world, { query, me }) {
  const q = query.get('q') ?? ''
  return { rows: world.accounts.filter((one) => one.person.name.includes(q) || one.username.includes(q)).slice(0, 30).map((one) => ({ ...who(one), username: one.username })), next: null }
}

/* bulk */
const CHECK = { due: (v) => v, lead: (v) => v?.length > 0 }
export function bulk(world, q) {
  const done = []
  const refused = []
  for (const one of q.body.tasks) {
    const task = world.taskList.find((each) => each.uid === one.uid)
    if (!task) refused.push({ uid: one.uid, code: 'not-found', params: {} })
    else if (!world.has(q.me, 'issuer')) refused.push({ uid: one.uid, code: 'no-role', params: { role: 'issuer' }, present: world.taskRow(task) })
    else if (task.version !== one.version) refused.push({ uid: one.uid, code: 'version-stale', params: {}, present: world.taskRow(task) })
    else if (ENDED.includes(task.state)) refused.push({ uid: one.uid, code: 'wrong-state', params: { state: task.state }, present: world.taskRow(task) })
    else {
      setFields(world, q.me, task, q.body.set, q.body.reason)
      done.push({ uid: task.uid, version: task.version })
    }
  }
  return { done, refused }
}

function setFields(world, me, task, set, reason) {
  const year = fill(world, task)
  const list = bag(world).amendments
  for (const [field, value] of Object.entries(set)) {
    if (CHECK[field] && !CHECK[field](value)) throw new Refusal(400, 'bad-input', {}, { at: `/set/${field}` })
    const account = (id) => who(world.accounts.find((one) => one.uid === id))
    const next = field === 'lead' || field === 'support' ? value.map((id) => org(world.orgOf(id))) : field === 'handler' || field === 'leader' ? account(value) : field === 'readers' ? value.map(account) : field === 'stage' ? { seq: value, name: STAGES[value - 1] } : value
    const holder = field in year ? year : task
    if (field === 'targets') {
      for (const one of value) Object.assign(task.targets_list.find((each) => each.uid === one.uid) ?? {}, one)
      continue
    }
    if (field === 'readers') bag(world).readers.set(task.uid, next)
    if (task.state !== 'draft' && field !== 'handler') {
      list.set(task.uid, [...(list.get(task.uid) ?? []), { field, old: holder[field] ?? null, new: next, reason, by: who(me), at: world.now() }])
      if (!task.marks.includes('adjusted')) task.marks.push('adjusted')
    }
    holder[field] = next
  }
  world.touch(me, task, 'amend', { reason })
}

/* one task */
export function yearTask(world, me, task) {
  const year = fill(world, task)
  const { children, shares } = year
  const lead = task.lead.some((one) => one.uid === me.org.uid)
  return {
    ...yearRow(world, task), children_list: children.map((id) => childOf(world, id)), amendments: bag(world).amendments.get(task.uid) ?? [], progress_list: bag(world).progress.get(task.uid) ?? (year.progress ? [{ ...year.progress, problem: null, need: null, next: '下周完成名册核对。', by: year.handler, at: '2026-11-20T16:20:00+08:00' }] : []),
    readers: year.restricted ? (bag(world).readers.get(task.uid) ?? [who(me)]) : [], reminders: year.reminder ? [{ level: year.reminder, due: task.due, sent: '2026-11-11T09:00:00+08:00', to: [year.handler ?? who(me)], read: '2026-11-11T09:31:00+08:00' }] : [],
    look_backs: task.state === 'closed' ? [{ uid: uid('look-0'), title: '三季度回头看', result: 'held', note: '现场抽查 5 家，均保持。', by: who(world.accounts[5]), at: '2026-10-12T10:00:00+08:00' }] : [], source_no: task.source_no ?? null, source_date: task.source_date ?? null, kept: task.kept ?? null,
    asks: [{ kind: 'document', why: null, given: task.evidence_list.some((one) => one.kind === 'document') }], lead_here: lead,
  }
}

function childOf(world, id) {
  const child = world.taskOf(id)
  const year = fill(world, child)
  return { uid: id, number: year.number, owner: child.lead[0] ?? null, state: child.state, light: world.light(child), due: child.due, share: year.shares, claimed: child.claim?.note ?? null }
}

export function yearMay(world, me, task) {
  const year = fill(world, task)
  const issuer = world.has(me, 'issuer')
  const lead = task.lead.some((one) => one.uid === me.org.uid)
  const open = !ENDED.includes(task.state)
  const asIssuer = (ok) => (!open ? no('wrong-state', { state: task.state }) : ok ? yes : no('no-role', { role: 'issuer' }))
  const unclosed = year.children.filter((id) => !['closed', 'waived'].includes(world.taskOf(id).state)).length
  return {
    issue: task.state === 'draft' ? (issuer ? yes : no('no-role', { role: 'issuer' })) : no('wrong-state', { state: task.state }), discard: task.state === 'draft' ? (issuer ? yes : no('no-role', { role: 'issuer' })) : no('wrong-state', { state: task.state }),
    amend: asIssuer(issuer), split: year.children.length ? no('split-already') : asIssuer(issuer), remind: asIssuer(issuer), overrule: task.state !== 'submitted' ? no('wrong-state', { state: task.state }) : world.has(me, 'leader') ? yes : no('no-role', { role: 'leader' }),
    handler: lead || issuer ? (open ? yes : no('wrong-state', { state: task.state })) : no('not-owner'), progress: !lead ? no('not-owner', { org: task.lead[0]?.name ?? '' }) : open ? yes : no('wrong-state', { state: task.state }),
    ...(unclosed ? { submit: no('children-open', { open: String(unclosed) }) } : {}),
  }
}

export function newTask(world, q) {
  const { me, body } = q
  if (!world.has(me, 'issuer')) throw new Refusal(403, 'no-role', { role: 'issuer' })
  if (!body.title?.trim()) throw new Refusal(400, 'bad-input', {}, { at: '/title' })
  if (body.issue && !body.lead?.length) throw new Refusal(409, 'no-owner', { count: '1' })
  if (body.issue && !body.due) throw new Refusal(409, 'no-due', { count: '1' })
  const plan = world.planList.find((one) => one.uid === body.plan) ?? standing(world, me, body.source)
  const id = uid(`task-${world.taskList.length}`)
  const orgs = (list) => (list ?? []).map((one) => org(world.orgOf(one))).filter(Boolean)
  const account = (one) => who(world.accounts.find((each) => each.uid === one))
  const task = {
    uid: id, no: null, label: null, title: body.title, plan: { uid: plan.uid, title: plan.title }, kind: body.problem ? 'rectification' : 'task', state: body.issue ? 'issued' : 'draft', marks: [], due: body.due ?? null, lead: orgs(body.lead), support: orgs(body.support), changed: world.now(), version: 1,
    text: body.text || body.title, span: null, document: null, path: [], problem: body.problem ?? null, source: body.source, source_no: body.source_no ?? null, source_date: body.source_date ?? null, basis: body.basis ?? null, issuer: me.org.uid,
    targets_list: (body.targets ?? []).map((one, i) => ({ quote: '', span: null, soft: false, tense: 'target', value2: null, due: null, ...one, uid: uid(`${id}-t${i}`), bound: null })), incomputable: null,
    measures_list: (body.measures ?? []).map((text, i) => ({ uid: uid(`${id}-m${i}`), no: String(i + 1), text, state: 'open', answer: null, by: null, at: null, version: 1 })), evidence_list: [], claim: null, confirmations: [], verdicts: [], suspended_until: null, talk: [],
  }
  world.taskList.push(task)
  Object.assign(fill(world, task), { handler: account(body.handler), leader: account(body.leader), term: body.term ?? null, category: body.category ?? null, restricted: Boolean(body.restricted), relapses: 0, holding_until: null, reminder: null, progress: null, stage: null })
  world.event(me, body.issue ? 'issue' : 'task-draft', { kind: 'task', uid: id, title: task.title })
  return world.task(me, id)
}

function standing(world, me, source) {
  const names = { instruction: '批示件', hotline: '12345 交办', inspection: '督查巡察', audit: '审计整改', meeting: '会议议定' }
  const title = `2026年${names[source] ?? '其他'}`
  const found = world.planList.find((one) => one.title === title)
  if (found) return found
  const plan = { uid: uid(`plan-${title}`), title, doc_no: null, kind: source, issuer: org(me.org), issued: world.now(), edition: 1, document: null, version: 1 }
  world.planList.unshift(plan)
  bag(world).codes.set(plan.uid, (names[source] ?? '其他').slice(0, 2))
  return plan
}

export function amend(world, q) {
  const task = world.taskOf(q.uid)
  world.check(task, q.version, () => world.task(q.me, q.uid))
  const may = yearMay(world, q.me, task)
  const only = Object.keys(q.body.set ?? {}).every((one) => one === 'handler')
  const right = only ? may.handler : may.amend
  if (!right.ok) throw new Refusal(right.why === 'wrong-state' ? 409 : 403, right.why, right.params)
  if (task.state !== 'draft' && !only && !q.body.reason) throw new Refusal(400, 'reason-missing', {}, { at: '/reason' })
  setFields(world, q.me, task, q.body.set, q.body.reason)
  return world.task(q.me, q.uid)
}

export function split(world, q) {
  const task = world.taskOf(q.uid)
  world.check(task, q.version, () => world.task(q.me, q.uid))
  const { kind, owners, shares = [], due } = q.body
  for (const target of kind === 'apportioned' ? task.targets_list : []) {
    if (target.unit === '%') throw new Refusal(409, 'not-additive', { target: target.metric })
    const sum = shares.filter((one) => one.target === target.uid).reduce((total, one) => total + Number(one.value), 0)
    if (Math.abs(sum - Number(target.value)) > 1e-9) throw new Refusal(409, 'shares-differ', { sum: String(sum), value: target.value, target: target.metric })
  }
  const year = fill(world, task)
  for (const owner of owners) {
    const child = { ...structuredClone({ ...task, year: undefined }), uid: uid(`task-${world.taskList.length}`), lead: [org(world.orgOf(owner))], support: [], state: 'issued', due: due || task.due, claim: null, verdicts: [], evidence_list: [], confirmations: [], talk: [], version: 1 }
    world.taskList.push(child)
    year.children.push(child.uid)
    Object.assign(fill(world, child), { number: `${year.number}-${year.children.length}`, parent: { uid: task.uid, number: year.number, title: task.title }, shares: kind === 'apportioned' ? shares.filter((one) => one.owner === owner).map((one) => ({ target: one.target, value: one.value, unit: task.targets_list.find((each) => each.uid === one.target)?.unit ?? null })) : null, children: [], restricted: false, progress: null })
  }
  task.marks.push('split')
  world.touch(q.me, task, 'split', { reason: q.body.reason })
  return world.task(q.me, q.uid)
}

export function addProgress(world, q) {
  const task = world.taskOf(q.uid)
  const right = yearMay(world, q.me, task).progress
  if (!right.ok) throw new Refusal(403, right.why, right.params)
  const list = yearTask(world, q.me, task).progress_list
  const entry = { text: null, problem: null, need: null, next: null, percent: fill(world, task).progress?.percent ?? null, ...q.body, by: who(q.me), at: world.now() }
  bag(world).progress.set(task.uid, [entry, ...list.filter((one) => one.period !== entry.period)])
  if (!entry.nothing_new) task.year.progress = { period: entry.period, percent: entry.percent, text: entry.text }
  world.touch(q.me, task, 'progress', { period: entry.period })
  return world.task(q.me, q.uid)
}

export function handover(world, q) {
  const rows = q.body.tasks ? q.body.tasks.map((id) => world.taskOf(id)) : world.taskList.filter((task) => fill(world, task).handler?.uid === q.body.from)
  const to = who(world.accounts.find((one) => one.uid === q.body.to))
  const handed = rows.filter((task) => fill(world, task).handler?.uid === q.body.from)
  for (const task of handed) {
    task.year.handler = to
    world.touch(q.me, task, 'handover', { reason: q.body.reason })
  }
  return { tasks: handed.length }
}

export function remind(world, q) {
  const task = world.taskOf(q.uid)
  fill(world, task).reminder = q.body.level
  world.touch(q.me, task, 'reminder', {})
  return world.task(q.me, q.uid)
}

/* plans */
export function planRow(world, plan) {
  return { code: planCode(world, plan), year: 2026, state: 'open', stages: 4, stage: STAGES[1] }
}

export function plan(world, me, id) {
  const found = world.planList.find((one) => one.uid === id)
  if (!found) throw new Refusal(404, 'not-found')
  const tasks = world.taskList.filter((task) => task.plan.uid === id)
  const issuer = world.has(me, 'issuer') ? yes : no('no-role', { role: 'issuer' })
  const year = bag(world)
  if (!year.stages.has(id)) {
    const dates = [['2026-03-01', '2026-04-15'], ['2026-04-16', '2026-09-30'], ['2026-10-01', '2026-11-30'], ['2026-12-01', '2026-12-31']]
    year.stages.set(id, STAGES.map((name, i) => ({ seq: i + 1, name, begins: dates[i][0], ends: dates[i][1], gate: ['decision', 'submitted', 'closed', 'none'][i], share: i === 1 || i === 2 ? 80 : null, state: i === 0 ? 'passed' : i === 1 ? 'current' : 'open', passed_by: i === 0 ? who(world.accounts[0]) : null, passed_at: i === 0 ? '2026-04-16T09:00:00+08:00' : null, reason: null })))
  }
  const stages_list = year.stages.get(id).map((one) => ({ ...one, tasks: tasks.filter((task) => fill(world, task).stage?.seq === one.seq).length, closed: tasks.filter((task) => fill(world, task).stage?.seq === one.seq && task.state === 'closed').length }))
  const given = tasks.filter((task) => task.evidence_list.length).length
  return {
    ...world.planRow(found), stages_list, steps: (year.steps.get(id) ?? DEFAULT_STEPS).map((one, i) => ({ seq: i + 1, ...one })), settings: year.settings.get(id) ?? SETTINGS,
    paper: { evidence_asked: 12, evidence_given: given + 9, checked: 7, believed: 2, by_number: 3, tasks_without_paper: Math.max(0, tasks.length - 12) }, may: { edit: issuer, stages: issuer, steps: issuer, close: issuer, look_back: world.has(me, 'issuer', 'inspector') ? yes : no('no-role', { role: 'inspector' }), import: issuer },
  }
}

function changePlan(world, q, run) {
  const found = world.planList.find((one) => one.uid === q.uid)
  if (!found) throw new Refusal(404, 'not-found')
  world.check(found, q.version, () => plan(world, q.me, q.uid))
  const right = plan(world, q.me, q.uid).may.edit
  if (!right.ok) throw new Refusal(403, right.why, right.params)
  run(found, bag(world))
  found.version++
  return plan(world, q.me, q.uid)
}
export const patchPlan = (world, q) => changePlan(world, q, (one, year) => {
  if (q.body.title) one.title = q.body.title
  if (q.body.code) year.codes.set(one.uid, q.body.code)
  if (q.body.settings) year.settings.set(one.uid, q.body.settings)
})
export const setStages = (world, q) => changePlan(world, q, (one, year) => {
  const old = year.stages.get(one.uid) ?? []
  year.stages.set(one.uid, q.body.stages.map((each, i) => ({ state: 'open', passed_by: null, passed_at: null, reason: null, ...(old[i] ?? {}), ...each, seq: i + 1 })))
})
export const setSteps = (world, q) => changePlan(world, q, (one, year) => year.steps.set(one.uid, q.body.steps))
export const passStage = (world, q) => changePlan(world, q, (one, year) => {
  const stages = year.stages.get(one.uid)
  const at = stages.find((each) => String(each.seq) === q.seq)
  if (at.gate !== 'none' && at.gate !== 'decision' && !q.body.reason) throw new Refusal(409, 'gate-shut', { open: '6', share: String(at.share ?? 100) })
  Object.assign(at, { state: 'passed', passed_by: who(q.me), passed_at: world.now(), reason: q.body.reason ?? null })
  const next = stages.find((each) => each.state === 'open')
  if (next) next.state = 'current'
})
export function newPlan(world, q) {
  const made = { uid: uid(`plan-hand-${world.planList.length}`), title: q.body.title, doc_no: q.body.basis ?? null, kind: q.body.kind, issuer: org(world.orgOf(q.body.issuer) ?? q.me.org), issued: world.now(), edition: 1, document: null, version: 1 }
  world.planList.unshift(made)
  bag(world).codes.set(made.uid, q.body.code)
  return plan(world, q.me, made.uid)
}

/* views, look-backs, reports of now */
export const views = (world, { me }) => ({ rows: bag(world).views.filter((one) => one.by.uid === me.uid || one.shared), next: null })
export function addView(world, { me, body }) {
  const view = { uid: uid(`view-${world.clock}-${bag(world).views.length}`), ...body, by: who(me), version: 1 }
  bag(world).views.push(view)
  return view
}
export function patchView(world, q) {
  return Object.assign(bag(world).views.find((one) => one.uid === q.uid), q.body)
}
export function dropView(world, q) {
  bag(world).views = bag(world).views.filter((one) => one.uid !== q.uid)
  return null
}
export function lookBacks(world, { query }) {
  return { rows: bag(world).looks.filter((one) => !query.get('plan') || one.plan.uid === query.get('plan')).map((one) => lookRow(one)), next: null }
}
const lookRow = ({ rows, ...one }) => ({ ...one, total: rows.length, ...Object.fromEntries(['held', 'relapsed', 'unclear'].map((result) => [result, rows.filter((row) => row.result === result).length])) })
export function addLookBack(world, q) {
  const closed = world.taskList.filter((task) => task.plan.uid === q.body.plan && task.state === 'closed')
  const drawn = q.body.sample === 'share' ? closed.slice(0, Math.max(1, Math.ceil((closed.length * q.body.share) / 100))) : closed
  const found = world.planList.find((one) => one.uid === q.body.plan)
  const round = { uid: uid(`look-${bag(world).looks.length + 1}`), title: q.body.title, plan: { uid: found.uid, title: found.title }, from: q.body.from, until: q.body.until, state: 'open', sample: q.body.sample, share: q.body.share ?? null, seed: '5b1e7f20c4', rows: drawn.map((task) => ({ task: task.uid, result: null, note: null, by: null, at: null })), version: 1 }
  bag(world).looks.unshift(round)
  return lookBack(world, q, round.uid)
}
export function lookBack(world, q, id = q.uid) {
  const round = bag(world).looks.find((one) => one.uid === id)
  if (!round) throw new Refusal(404, 'not-found')
  return { ...lookRow(round), rows: round.rows.map((row) => ({ ...row, task: world.taskRow(world.taskOf(row.task)) })), may: { record: world.has(q.me, 'inspector', 'issuer') ? yes : no('no-role', { role: 'inspector' }) } }
}
export function recordLook(world, q) {
  const round = bag(world).looks.find((one) => one.uid === q.uid)
  const row = round.rows.find((one) => one.task === q.task)
  Object.assign(row, { result: q.body.result, note: q.body.note, by: who(q.me), at: world.now() })
  if (q.body.result === 'relapsed') {
    const task = world.taskOf(q.task)
    task.state = 'reopened'
    fill(world, task).relapses++
    if (!task.marks.includes('relapsed')) task.marks.push('relapsed')
    world.touch(q.me, task, 'reopen', { reason: q.body.note })
  }
  round.version++
  return lookBack(world, q)
}
export function reportNow(world, { query }) {
  const tasks = world.taskList.filter((task) => !query.get('plan') || task.plan.uid === query.get('plan'))
  const line = (task, days = null) => ({ task: world.taskRow(task), from: null, to: null, days, at: task.changed })
  const pick = (test, step) => {
    const rows = tasks.filter(test)
    return { n: rows.length, query: `plan=${query.get('plan')}&step=${step}`, lines: rows.slice(0, 50).map((task) => line(task, task.due ? Math.max(0, -world.daysLeft(task)) : null)) }
  }
  return {
    kind: 'weekly', plan: null, period: '2026W47', from: '2026-11-16', to: '2026-11-22', previous: null,
    since: {
      relapsed: pick((task) => task.state === 'reopened', 'reopen'), overdue: pick((task) => world.light(task) === 'red', 'overdue'), returned: pick((task) => task.state === 'returned', 'return'), slipped: pick(() => false), owner: pick(() => false),
      amended: pick((task) => task.marks.includes('adjusted'), 'amend'), stopped: pick(() => false), new: pick(() => false), closed: pick((task) => task.state === 'closed', 'close'), silent: tasks.slice(0, 2).map((task) => ({ org: task.lead[0], days: 34, tasks: 2 })),
    },
  }
}

/* import: the headings tell the fields; a second look after the mapping was changed */
const FIELDS = { 序号: 'no', 问题编号: 'number', 问题描述: 'problem', 整改措施: 'measures', 牵头单位: 'lead', 责任单位: 'support', 整改时限: 'due', 进展: 'progress', 任务: 'title', 整改目标: 'title', 责任人: 'handler', 包案领导: 'leader' }
const SAMPLE = ['序号', '问题描述', '整改目标', '整改措施', '牵头单位', '包案领导', '整改时限', '进展', '联系电话']
export function importTasks(world, q, file) {
  return world.newJob(q.me, 'import-tasks', () => {
    if (!/xlsx$/i.test(file.name)) throw new Refusal(400, 'not-a-workbook')
    const map = q.body.map ?? {}
    const columns = SAMPLE.map((heading, index) => ({ index, heading, field: heading in map ? map[heading] || null : (FIELDS[heading] ?? null), how: heading in map ? 'given' : FIELDS[heading] ? 'name' : 'kept', example: ['1', '个别科室随访记录不及时', '随访及时率达到95%以上', '一是建立周调度；二是补录', '疾控处', '方大川', '2026-12-31', '已完成60%', '8866'][index] }))
    const preview = Array.from({ length: 40 }, (_, i) => ({
      row: i + 4, number: i < 2 ? `要点-2026-00${i + 1}` : null, change: i < 2 ? 'changed' : i < 5 ? 'same' : 'new',
      set: i >= 2 && i < 5 ? [] : i < 2 ? [{ field: 'due', old: '2026-11-30', new: '2026-12-31' }, { field: 'progress', old: null, new: '已完成60%' }] : [{ field: 'title', old: null, new: `随访及时率达到95%以上（${i}）` }, { field: 'lead', old: null, new: '疾控处' }, { field: 'due', old: null, new: '2026-12-31' }],
    }))
    const errors = q.body.map || q.body.apply ? [] : [{ at: 'row 12, column 整改时限', code: 'date-bad', message: 'no date', forbids: true }, { at: 'row 30, column 牵头单位', code: 'org-unknown', message: 'no organisation', forbids: true }]
    return { sheet: '整改台账', title_rows: 2, columns, rows: 40, new: 35, changed: 2, same: 3, gone: 0, preview, errors, plan: q.body.plan ?? null, applied: Boolean(q.body.apply) && errors.length === 0 }
  })
}
