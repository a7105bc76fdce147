/* What the mock server knows: enough of the ledger's rules for the whole story, none of the store. */
import { createHash } from 'node:crypto'
import { cityOrgs, uid } from './orgs.mjs'
import { samplePlan } from './sample.mjs'
import { readDocument } from './reader.mjs'
import { Refusal } from './refusal.mjs'
import { planRow as yearPlan, yearFilter, yearMay, yearRow, yearTask } from './ledger.mjs'

const TODAY = '2026-11-22'
const PEOPLE = [
  ['jiaoban', '周正平', '9999-办公室', ['issuer']], ['jikong', '林晓岚', '9999-疾病预防控制处', ['handler', 'unit_head']], ['jiceng', '何秋实', '9999-基层卫生处', ['handler', 'unit_head']],
  ['fuyou', '沈若水', '9999-妇幼健康处', ['handler', 'unit_head']], ['shenhe', '高远', '9999-综合监督处', ['reviewer']], ['ducha', '石坚', '9999-市政府督查室', ['inspector']],
  ['lingdao', '方大川', '9999-wjw', ['leader']], ['tianbao', '苏小满', '999901-c1', ['reporter']], ['xitong', '陈明', '9999-规划信息处', ['system_admin']],
  ['anquan', '赵宁', '9999-规划信息处', ['security_admin']], ['shenji', '孙可', '9999-规划信息处', ['audit_admin']],
]
const FLOW = {
  accept: [['issued', 'returned', 'reopened'], 'working', 'lead'], submit: [['working'], 'submitted', 'lead'], verify: [['submitted'], 'verified', 'reviewer'],
  return: [['submitted'], 'returned', 'reviewer'], close: [['verified'], 'closed', 'issuer'], reopen: [['closed'], 'reopened', 'issuer'], suspend: [['issued', 'working', 'submitted', 'returned', 'reopened'], 'suspended', 'issuer'],
  resume: [['suspended'], 'working', 'issuer'], cancel: [['issued', 'working', 'submitted', 'verified', 'returned', 'reopened', 'suspended'], 'cancelled', 'issuer'], waive: [['issued', 'working', 'returned', 'reopened'], 'waived', 'issuer'],
  incomputable: [['issued', 'working', 'submitted', 'returned', 'reopened'], null, 'reviewer'],
}

export { Refusal }

const named = (org) => (org ? { uid: org.uid, name: org.name, short_name: org.short_name } : null)
const page = (rows, query) => {
  const limit = Math.min(Number(query?.get?.('limit') ?? 50), 500)
  const from = Number(query?.get?.('cursor') ?? 0)
  const next = from + limit < rows.length ? String(from + limit) : null
  return { rows: rows.slice(from, from + limit), next, ...(query?.get?.('total') ? { total: rows.length } : {}) }
}

export class World {
  constructor(seed) {
    this.clock = Date.parse('2026-11-22T14:30:05+08:00')
    this.orgList = cityOrgs(seed === 'much' ? 'much' : seed === 'empty' ? 'empty' : 'little')
    this.accounts = []
    this.docs = []
    this.planList = []
    this.taskList = []
    this.jobList = []
    this.log = []
    PEOPLE.forEach(([username, name, code, roles]) => this.person(username, name, this.orgBy(code) ?? this.orgList[0], roles))
    if (seed === 'empty') return
    const [issuer] = this.accounts
    this.newDocument(issuer, '工作要点.docx', samplePlan(12))
    const count = seed === 'much' ? 70 : 12
    const done = this.newDocument(issuer, '2025工作要点.pdf', samplePlan(count, { year: 2025, broken: false }))
    this.issueAnyway(issuer, done)
    this.spread()
    if (seed !== 'much') return
    for (let i = 0; i < 40; i++) this.issueAnyway(issuer, this.newDocument(issuer, `方案${i + 1}.docx`, samplePlan(20 + (i % 30), { year: 2026, broken: false }).replace('工作要点', `专项行动方案（${i + 1}）`)))
    this.spread()
    for (let i = 0; i < 300; i++) this.person(`yonghu${i + 1}`, `示例${i + 1}`, this.orgList[(i * 7) % this.orgList.length], ['handler'])
  }

  now() {
    this.clock += 61_000
    return new Date(this.clock + 8 * 3600_000).toISOString().slice(0, 19) + '+08:00'
  }
  orgBy(code) {
    return this.orgList.find((org) => org.code === code)
  }
  orgOf(id) {
    return this.orgList.find((org) => org.uid === id)
  }
  person(username, name, org, roles) {
    const grants = roles.map((role, i) => ({ uid: uid(`${username}-${i}`), role, where: { kind: 'org', org: named(org) }, what: { kind: 'all' }, from: null, to: null }))
    this.accounts.push({ uid: uid(username), username, person: { uid: uid(`p-${username}`), name, proven: true }, org, state: 'active', grants, last_login: '2026-11-20T09:12:00+08:00', version: 1 })
  }
  byUsername(username) {
    return this.accounts.find((account) => account.username === username)
  }
  roles(me) {
    return me.grants.map((grant) => grant.role)
  }
  has(me, ...wanted) {
    return this.roles(me).some((role) => wanted.includes(role))
  }

  session(me, csrf) {
    const roles = this.roles(me)
    const sections = ['work', 'documents', 'ledger', 'orgs', 'users', 'audit', 'jobs'].filter((section) => {
      if (this.has(me, 'issuer', 'leader', 'inspector')) return section !== 'users' && (section !== 'audit' || this.has(me, 'inspector', 'leader'))
      if (this.has(me, 'security_admin', 'system_admin')) return ['orgs', 'users', 'jobs'].includes(section)
      if (this.has(me, 'audit_admin')) return ['audit', 'jobs'].includes(section)
      return this.has(me, 'reporter') ? section === 'work' : ['work', 'ledger', 'orgs'].includes(section)
    })
    me.last_login = this.now()
    return {
      account: { uid: me.uid, username: me.username, must_change_password: false }, person: me.person, org: { ...named(me.org), kind: me.org.kind }, grants: me.grants, roles, csrf, idle_minutes: 30, demo: true,
      now: this.now(), today: TODAY, sections, may: Object.fromEntries([['new_task', 'issuer'], ['new_plan', 'issuer'], ['import_tasks', 'issuer'], ['handover', 'unit_head']].map(([verb, role]) => [verb, this.has(me, role) ? { ok: true } : { ok: false, why: 'no-role', params: { role } }])), setup: { orgs: this.orgList.length, documents: this.docs.length, plans: this.planList.length },
    }
  }
  changePassword(me, { old, new: next }) {
    if (old !== (me.password ?? me.username)) throw new Refusal(401, 'bad-login')
    if ((next ?? '').length < 10) throw new Refusal(400, 'weak-password', {}, { at: '/new' })
    me.password = next
    return null
  }

  event(me, verb, object, data = {}) {
    const prev = this.log.at(-1)?.hash ?? ''
    const seq = this.log.length + 1
    const hash = createHash('sha256').update(prev + seq + verb + object.uid).digest('hex')
    this.log.push({ seq, at: this.now(), verb, object, by: me ? { uid: me.person.uid, name: me.person.name, org: named(me.org) } : null, via: me ? 'http' : 'engine', data, hash })
  }

  /* documents */
  lookUp(name) {
    const exact = this.orgList.find((org) => org.name === name)
    if (exact) return { org: named(exact), how: 'name' }
    const alias = this.orgList.find((org) => org.short_name === name || org.aliases.includes(name))
    if (alias) return { org: named(alias), how: 'alias' }
    const candidates = this.orgList.filter((org) => name.length > 1 && org.name.includes(name.slice(0, 2))).slice(0, 3).map(named)
    return { org: null, how: 'unresolved', candidates }
  }
  resolve(name) {
    return this.lookUp(name)
  }
  newDocument(me, file_name, text) {
    const read = readDocument(text, (name) => this.lookUp(name))
    const doc = {
      uid: uid(`doc-${this.docs.length}`), title: text.split('\n')[0] || file_name, doc_no: /示卫发〔\d+〕\d+号/u.exec(text)?.[0] ?? null, kind: 'plan', issuer: '示例市卫生健康委员会', issued: '2026-03-02', state: 'draft', file_name,
      org: named(me.org), uploaded_by: { uid: me.person.uid, name: me.person.name }, uploaded: this.now(), plan: null, version: 1, text, text_sha256: createHash('sha256').update(text).digest('hex'),
      title_span: [0, Array.from(text.split('\n')[0]).length], doc_no_span: null, issued_span: null, ...read, issuer_org: named(me.org), log: [], owner_org: me.org,
    }
    this.docs.unshift(doc)
    this.event(me, 'document-add', { kind: 'document', uid: doc.uid, title: doc.title })
    return doc
  }
  ownersOf(doc) {
    const owners = new Map()
    for (const item of doc.items)
      for (const owner of item.status === 'left_out' ? [] : [...item.lead, ...item.support]) {
        const entry = owners.get(owner.name) ?? { name: owner.name, items: 0, org: owner.org, candidates: owner.candidates ?? [] }
        entry.items++
        owners.set(owner.name, entry)
      }
    return [...owners.values()]
  }
  docRow(doc) {
    const { text, items, findings, declared, log, owner_org, ...row } = doc
    const unresolved = this.ownersOf(doc).filter((owner) => !owner.org).length
    return { ...row, items: items.length, confirmed: items.filter((i) => i.status === 'confirmed').length, left_out: items.filter((i) => i.status === 'left_out').length, findings: findings.length, unresolved }
  }
  documents({ query }) {
    const rows = this.docs.map((doc) => this.docRow(doc)).filter((doc) =>
      (!query.get('state') || doc.state === query.get('state')) && (!query.get('kind') || doc.kind === query.get('kind')) && (!query.get('q') || `${doc.title}${doc.doc_no}`.includes(query.get('q'))))
    return page(rows, query)
  }
  docOf(id) {
    const doc = this.docs.find((d) => d.uid === id)
    if (!doc) throw new Refusal(404, 'not-found')
    return doc
  }
  document(me, id) {
    const doc = this.docOf(id)
    const { log, owner_org, ...full } = doc
    return { ...this.docRow(doc), ...full, owners: this.ownersOf(doc), may: this.docMay(me, doc) }
  }
  docMay(me, doc) {
    const issuer = this.has(me, 'issuer')
    const no = (why, params) => ({ ok: false, why, params })
    const draft = doc.state === 'draft'
    const edit = !draft ? no('wrong-state') : issuer ? { ok: true } : no('no-role', { role: 'issuer' })
    const open = doc.items.filter((i) => i.status === 'open').length
    const unresolved = this.ownersOf(doc).filter((o) => !o.org).length
    const noOwner = doc.items.filter((i) => i.status === 'confirmed' && i.kind !== 'narrative' && i.lead.length === 0).length
    const issue = !edit.ok ? edit : open ? no('items-open', { open: String(open) }) : unresolved ? no('owners-unresolved', { names: String(unresolved) }) : noOwner ? no('no-owner', { items: String(noOwner) }) : { ok: true }
    return { edit, issue, discard: edit, original: { ok: true } }
  }
  check(object, version, present) {
    if (version === undefined) throw new Refusal(428, 'precondition')
    if (version !== object.version) throw new Refusal(409, 'version-stale', {}, { present: present() })
  }
  edit(me, id, version, edits) {
    const doc = this.docOf(id)
    this.check(doc, version, () => this.document(me, id))
    if (!this.docMay(me, doc).edit.ok) throw new Refusal(403, this.docMay(me, doc).edit.why)
    for (const edit of edits) {
      this.applyEdit(doc, edit)
      doc.log.push({ ...edit, by: { uid: me.person.uid, name: me.person.name }, at: this.now() })
    }
    doc.version++
    this.event(me, 'document-edit', { kind: 'document', uid: doc.uid, title: doc.title }, { edits: edits.length })
    return this.document(me, id)
  }
  applyEdit(doc, { path, new: value }) {
    const parts = path.slice(1).split('/').map((part) => part.replaceAll('~1', '/').replaceAll('~0', '~'))
    if (parts[0] === 'owners') {
      const org = named(this.orgOf(value))
      for (const item of doc.items) for (const owner of [...item.lead, ...item.support]) if (owner.name === parts[1]) Object.assign(owner, { org, how: 'edit' })
      return
    }
    if (parts[0] === 'issuer_org') return void (doc.issuer_org = named(this.orgOf(value)))
    if (parts[0] === 'findings') return void (doc.findings[parts[1]].seen = value)
    if (parts[0] !== 'items') return void (doc[parts[0]] = value)
    const item = doc.items[parts[1]]
    if (parts[2] === 'lead' || parts[2] === 'support') item[parts[2]] = value.map((name) => item[parts[2]].find((o) => o.name === name) ?? { name, span: null, ...this.lookUp(name) })
    else if (parts[2] === 'targets' && parts[3] === '-') item.targets.push({ span: null, quote: value.quote ?? '', value2: null, soft: false, tense: 'target', due: null, unit: null, ...value })
    else if (parts[2] === 'targets' && parts.length === 4) Object.assign(item.targets[parts[3]], value ?? {}, { removed: value === null })
    else if (parts[2] === 'targets') item.targets[parts[3]][parts[4]] = value
    else if (parts[2] === 'measures' && parts[3] === '-') item.measures.push({ no: null, text: value, span: null })
    else if (parts[2] === 'measures') Object.assign(item.measures[parts[3]], value === null ? { removed: true } : { text: value, removed: false })
    else item[parts[2]] = value
    if (!item.edited.includes(parts[2]) && parts[2] !== 'status') item.edited.push(parts[2])
  }
  edits(id) {
    return { rows: this.docOf(id).log, next: null }
  }
  discard(me, id, version, reason) {
    const doc = this.docOf(id)
    this.check(doc, version, () => this.document(me, id))
    if (!reason) throw new Refusal(400, 'reason-missing', {}, { at: '/reason' })
    doc.state = 'discarded'
    doc.version++
    return this.document(me, id)
  }
  issue(me, id, version) {
    const doc = this.docOf(id)
    this.check(doc, version, () => this.document(me, id))
    const may = this.docMay(me, doc).issue
    if (!may.ok) throw new Refusal(409, may.why, may.params)
    return this.makePlan(me, doc)
  }
  issueAnyway(me, doc) {
    for (const item of doc.items) {
      item.status = 'confirmed'
      for (const owner of [...item.lead, ...item.support]) if (!owner.org) Object.assign(owner, { org: named(me.org), how: 'edit' })
    }
    this.makePlan(me, doc)
  }
  makePlan(me, doc) {
    const plan = { uid: uid(`plan-${this.planList.length}`), title: doc.title, doc_no: doc.doc_no, kind: doc.kind, issuer: named(me.org), issued: this.now(), edition: 1, document: doc.uid, version: 1 }
    this.planList.unshift(plan)
    doc.state = 'issued'
    doc.plan = plan.uid
    doc.version++
    for (const item of doc.items.filter((i) => i.status === 'confirmed' && i.kind !== 'narrative')) this.makeTask(me, plan, doc, item)
    this.event(me, 'plan-issue', { kind: 'plan', uid: plan.uid, title: plan.title }, { tasks: doc.items.length })
    return this.planRow(plan)
  }
  planRow(plan) {
    const tasks = this.taskList.filter((task) => task.plan.uid === plan.uid)
    const by_state = {}
    for (const task of tasks) by_state[task.state] = (by_state[task.state] ?? 0) + 1
    return { ...plan, tasks: tasks.length, by_state, ...yearPlan(this, plan) }
  }
  plans() {
    return { rows: this.planList.map((plan) => this.planRow(plan)), next: null }
  }

  /* tasks */
  makeTask(me, plan, doc, item) {
    const id = uid(`task-${this.taskList.length}`)
    const points = Array.from(doc.text)
    this.taskList.push({
      uid: id, no: item.no, label: item.label, title: item.title, plan: { uid: plan.uid, title: plan.title }, kind: item.kind, state: 'issued', marks: [], due: item.due, lead: item.lead.map((o) => o.org), support: item.support.map((o) => o.org), changed: this.now(), version: 1,
      text: points.slice(item.span[0], item.span[1]).join('').trim(), span: item.span, document: doc.uid, path: item.path, problem: item.problem, source: 'document', basis: doc.doc_no, issuer: me.org.uid,
      targets_list: item.targets.filter((one) => !one.removed).map((target, i) => ({ ...target, uid: uid(`${id}-t${i}`), bound: null })), incomputable: null,
      measures_list: item.measures.filter((one) => !one.removed).map((m, i) => ({ uid: uid(`${id}-m${i}`), no: m.no, text: m.text, state: 'open', answer: null, by: null, at: null, version: 1 })),
      evidence_list: [], claim: null, confirmations: [], verdicts: [], suspended_until: null, talk: [],
    })
    this.event(me, 'issue', { kind: 'task', uid: id, title: item.title })
  }
  spread() {
    const states = ['issued', 'working', 'working', 'submitted', 'returned', 'verified', 'closed', 'working', 'suspended', 'closed', 'reopened', 'cancelled']
    this.taskList.forEach((task, i) => {
      task.state = states[i % states.length]
      task.due = ['2026-12-31', '2026-11-30', '2026-10-31', '2026-11-25'][i % 4]
      task.measures_list.forEach((m, k) => k <= i % 3 && Object.assign(m, { state: ['started', 'done', 'lasting'][k % 3], answer: '已印发实施细则，并完成第一轮培训。' }))
      if (i % 5 === 3 && !task.marks.includes('manual')) task.marks.push('manual')
      const local = this.orgBy(`99990${((i * 5 + Math.floor(i / 7)) % 8) + 1}-wjw`)
      if (this.taskList.length > 100 && (i * 7) % 10 < 4 && local) task.lead = [named(local)]
    })
  }
  light(task) {
    if (['closed', 'verified'].includes(task.state)) return 'green'
    if (['cancelled', 'waived', 'suspended'].includes(task.state)) return 'none'
    const left = this.daysLeft(task) ?? 999
    if (left < 0) return 'red'
    if (left <= 10 && task.state !== 'submitted') return 'amber'
    return task.targets_list.length ? 'grey' : 'none'
  }
  daysLeft(task) {
    return task.due === null ? null : Math.round((Date.parse(task.due) - Date.parse(TODAY)) / 86_400_000)
  }
  taskRow(task) {
    const { uid: id, no, label, title, plan, kind, state, marks, due, lead, support, changed, version } = task
    return { uid: id, no, label, title, plan, kind, state, marks, light: this.light(task), due, days_left: this.daysLeft(task), lead, support, targets: task.targets_list.length, measures: task.measures_list.length, measures_done: task.measures_list.filter((m) => m.state !== 'open').length, evidence: task.evidence_list.length, changed, version, ...yearRow(this, task) }
  }
  tasksFound({ query, me }) {
    const has = (name, test) => !query.get(name) || test(query.get(name))
    const owners = (task, role) => (role === 'lead' ? task.lead : role === 'support' ? task.support : [...task.lead, ...task.support])
    const rows = this.taskList.filter((task) =>
      has('state', (v) => v.split(',').includes(task.state)) && has('plan', (v) => task.plan.uid === v) && has('owner', (v) => owners(task, query.get('role')).some((o) => o.uid === v)) && has('light', (v) => v.split(',').includes(this.light(task))) &&
      has('late', () => this.light(task) === 'red') && has('q', (v) => task.title.includes(v)) && has('mine', () => task.lead.some((o) => o.uid === me.org.uid)) && has('due_from', (v) => task.due >= v) && has('due_to', (v) => task.due <= v) && has('kind', (v) => task.kind === v))
    const by = { no: (a, b) => Number(a.no) - Number(b.no), changed: (a, b) => b.changed.localeCompare(a.changed), due: (a, b) => (a.due ?? '9').localeCompare(b.due ?? '9') }[query.get('order') ?? 'due']
    return rows.filter(yearFilter(this, query, me)).sort(by)
  }
  tasks({ query, me }) {
    const found = page(this.tasksFound({ query, me }), query)
    return { ...found, rows: found.rows.map((task) => this.taskRow(task)) }
  }
  taskOf(id) {
    const task = this.taskList.find((t) => t.uid === id)
    if (!task) throw new Refusal(404, 'not-found')
    return task
  }
  task(me, id) {
    const task = this.taskOf(id)
    const { talk, issuer, year, ...full } = task
    return { ...full, ...this.taskRow(task), ...yearTask(this, me, task), needs_incomputable: task.targets_list.length > 0, comments: talk.length, may: this.taskMay(me, task) }
  }
  taskMay(me, task) {
    const lead = task.lead.some((o) => o.uid === me.org.uid)
    const may = {}
    for (const [verb, [from, , who]] of Object.entries(FLOW)) {
      const ok = who === 'lead' ? lead : who === 'issuer' ? this.has(me, 'issuer') : this.has(me, 'reviewer', 'inspector')
      if (!from.includes(task.state)) may[verb] = { ok: false, why: 'wrong-state', params: { state: task.state } }
      else if (!ok) may[verb] = { ok: false, why: who === 'lead' ? 'not-owner' : 'no-role', params: { role: who, org: task.lead[0]?.name ?? '' } }
      else if (who === 'reviewer' && lead) may[verb] = { ok: false, why: 'own-organisation', params: { org: me.org.name } }
      else if (verb === 'incomputable' && (task.incomputable || !task.targets_list.length)) may[verb] = { ok: false, why: 'no-figure' }
      else if (verb === 'submit' && task.measures_list.some((m) => m.state === 'open')) may[verb] = { ok: false, why: 'measures-unanswered', params: { count: String(task.measures_list.filter((m) => m.state === 'open').length) } }
      else if (verb === 'submit' && !task.evidence_list.some((e) => !e.withdrawn)) may[verb] = { ok: false, why: 'evidence-missing' }
      else if (verb === 'verify' && task.targets_list.length && !task.incomputable) may[verb] = { ok: false, why: 'incomputable-missing' }
      else may[verb] = { ok: true }
    }
    Object.assign(may, yearMay(this, me, task))
    may.confirm = { ok: false, why: 'not-owner' }
    may.comment = this.has(me, 'reporter') ? { ok: false, why: 'no-role', params: { role: 'handler' } } : { ok: true }
    may.evidence = may.measure = !lead ? { ok: false, why: 'not-owner', params: { org: task.lead[0]?.name ?? '' } } : task.state !== 'working' ? { ok: false, why: 'wrong-state', params: { state: task.state } } : { ok: true }
    return may
  }
  act(me, id, verb, version, body) {
    const task = this.taskOf(id)
    this.check(task, version, () => this.task(me, id))
    const may = this.taskMay(me, task)[verb]
    if (!may?.ok) throw new Refusal(['wrong-state', 'measures-unanswered', 'evidence-missing', 'incomputable-missing'].includes(may?.why) ? 409 : 403, may?.why ?? 'not-found', may?.params)
    if (['return', 'reopen', 'suspend', 'cancel', 'waive', 'incomputable'].includes(verb) && !body.reason) throw new Refusal(400, 'reason-missing', {}, { at: '/reason' })
    if (verb === 'suspend' && !body.until) throw new Refusal(400, 'until-missing', {}, { at: '/until' })
    const by = { uid: me.person.uid, name: me.person.name, org: named(me.org) }
    const at = this.now()
    if (verb === 'incomputable') task.incomputable = { reason: body.reason, by, at }
    if (verb === 'submit') task.claim = { by, at, note: body.note ?? null }
    if (verb === 'suspend') task.suspended_until = body.until
    if (verb === 'overrule') task.marks.push('manual')
    if (['verify', 'return', 'close', 'reopen', 'overrule'].includes(verb)) task.verdicts.push({ verb, by, at, reason: body.reason ?? body.note ?? null })
    task.state = { issue: 'issued', discard: 'discarded', overrule: 'verified' }[verb] ?? FLOW[verb]?.[1] ?? task.state
    this.touch(me, task, verb, { reason: body.reason, note: body.note })
    return this.task(me, id)
  }
  touch(me, task, verb, data = {}) {
    task.version++
    task.changed = this.now()
    this.event(me, verb, { kind: 'task', uid: task.uid, title: task.title }, data)
  }
  answerMeasure(me, id, measureId, version, { state, answer }) {
    const task = this.taskOf(id)
    const measure = task.measures_list.find((m) => m.uid === measureId)
    this.check(measure, version, () => this.task(me, id))
    if (!this.taskMay(me, task).measure.ok) throw new Refusal(403, this.taskMay(me, task).measure.why)
    Object.assign(measure, { state, answer, by: { uid: me.person.uid, name: me.person.name }, at: this.now(), version: measure.version + 1 })
    this.touch(me, task, 'measure', { no: measure.no, state })
    return this.task(me, id)
  }
  addEvidence(me, id, file, { kind, note }) {
    const task = this.taskOf(id)
    if (!this.taskMay(me, task).evidence.ok) throw new Refusal(403, this.taskMay(me, task).evidence.why)
    task.evidence_list.push({ uid: uid(`${id}-e${task.evidence_list.length}`), name: file.name, size: file.size, media: 'application/octet-stream', kind, note, by: { uid: me.person.uid, name: me.person.name, org: named(me.org) }, at: this.now(), sha256: createHash('sha256').update(file.bytes).digest('hex'), withdrawn: false })
    this.touch(me, task, 'evidence', { name: file.name })
    return this.task(me, id)
  }
  withdraw(me, id, evidence) {
    const task = this.taskOf(id)
    task.evidence_list.find((e) => e.uid === evidence).withdrawn = true
    this.touch(me, task, 'evidence-withdraw')
    return this.task(me, id)
  }
  comments(id) {
    return { rows: this.taskOf(id).talk, next: null }
  }
  addComment(me, id, text, mentions = []) {
    const task = this.taskOf(id)
    const comment = { uid: uid(`${id}-c${task.talk.length}`), by: { uid: me.person.uid, name: me.person.name, org: named(me.org) }, at: this.now(), text, mentions: mentions.map((one) => this.accounts.find((each) => each.uid === one)).filter(Boolean).map((one) => ({ uid: one.uid, name: one.person.name })) }
    task.talk.push(comment)
    this.event(me, 'comment', { kind: 'task', uid: task.uid, title: task.title })
    return comment
  }
  eventsOf(id) {
    return { rows: this.log.filter((event) => event.object.uid === id), next: null }
  }
  work(me) {
    const rows = []
    for (const task of this.taskList) {
      const may = this.taskMay(me, task)
      const why = may.accept.ok ? (task.state === 'returned' ? 'returned' : task.state === 'reopened' ? 'relapse' : 'accept') : task.state === 'working' && may.measure.ok ? 'work' : may.verify.ok || may.return.ok ? 'review' : may.close.ok ? 'close' : null
      if (why) rows.push({ why, task: this.taskRow(task), document: null, since: task.changed })
    }
    if (this.has(me, 'issuer')) for (const doc of this.docs) if (doc.state === 'draft') rows.push({ why: this.docRow(doc).unresolved ? 'owners' : 'issue', task: null, document: this.docRow(doc), since: doc.uploaded })
    return { rows: rows.sort((a, b) => (a.task?.due ?? '9').localeCompare(b.task?.due ?? '9')).slice(0, 200), next: null }
  }

  /* organisations, accounts */
  orgRow(org) {
    const { aliases, legal_code, functions, members, parent, ...row } = org
    return { ...row, parent: named(this.orgOf(parent)), children: this.orgList.filter((o) => o.parent === org.uid).length }
  }
  orgRows({ query }) {
    const parent = query.get('parent')
    const q = query.get('q')
    const rows = this.orgList.filter((org) => (!parent || (parent === 'root' ? !org.parent : org.parent === parent)) && (!q || org.name.includes(q) || org.code.includes(q) || org.aliases.some((a) => a.includes(q))) && (!query.get('kind') || org.kind === query.get('kind')))
    return page(rows.map((org) => this.orgRow(org)), query)
  }
  org(me, id) {
    const org = this.orgOf(id)
    if (!org) throw new Refusal(404, 'not-found')
    const path = []
    for (let up = this.orgOf(org.parent); up; up = this.orgOf(up.parent)) path.unshift(named(up))
    const may = this.has(me, 'system_admin', 'issuer') ? { ok: true } : { ok: false, why: 'no-role', params: { role: 'system_admin' } }
    return { ...this.orgRow(org), legal_code: org.legal_code, functions: org.functions, aliases: org.aliases.map((alias) => ({ alias })), members: [], path, accounts: this.accounts.filter((a) => a.org.uid === id).length, open_tasks: this.taskList.filter((t) => t.lead.some((o) => o.uid === id) && t.state !== 'closed').length, may: { alias: may } }
  }
  addAlias(me, id, version, alias) {
    const org = this.orgOf(id)
    this.check(org, version, () => this.org(me, id))
    org.aliases.push(alias)
    org.version++
    return this.org(me, id)
  }
  removeAlias(me, id, version, alias) {
    const org = this.orgOf(id)
    this.check(org, version, () => this.org(me, id))
    org.aliases = org.aliases.filter((a) => a !== alias)
    org.version++
    return this.org(me, id)
  }
  importOrgs(me, file, apply) {
    const lines = file.bytes.toString('utf8').split(/\r?\n/).filter(Boolean).slice(1)
    const errors = lines.flatMap((line, i) => (line.split(',').length < 4 ? [{ at: `row ${i + 2}, column 类别`, code: 'missing-value', message: 'a value is missing' }] : []))
    return this.newJob(me, 'import-orgs', () => ({ rows: lines.length, new: lines.length - errors.length, changed: 0, same: 0, errors, applied: Boolean(apply) && errors.length === 0 }))
  }
  accountRow(account) {
    const { grants, password, org, ...row } = account
    return { ...row, org: named(org), roles: grants.map((g) => g.role) }
  }
  accountRows({ query }) {
    const q = query.get('q')
    return page(this.accounts.filter((a) => (!q || a.username.includes(q) || a.person.name.includes(q)) && (!query.get('role') || a.grants.some((g) => g.role === query.get('role'))) && (!query.get('org') || a.org.uid === query.get('org'))).map((a) => this.accountRow(a)), query)
  }
  account(me, id) {
    const account = this.accounts.find((a) => a.uid === id)
    if (!account) throw new Refusal(404, 'not-found')
    const yes = this.has(me, 'security_admin') ? { ok: true } : { ok: false, why: 'no-role', params: { role: 'security_admin' } }
    const grant = account.uid === me.uid ? { ok: false, why: 'own-grant' } : yes
    return { ...this.accountRow(account), grants: account.grants, may: { grant, state: yes, password: yes } }
  }
  addAccount(me, body) {
    if (!this.has(me, 'security_admin')) throw new Refusal(403, 'no-role', { role: 'security_admin' })
    if (this.byUsername(body.username)) throw new Refusal(409, 'username-taken', {}, { at: '/username' })
    this.person(body.username, body.person.name, this.orgOf(body.org), body.roles)
    return { ...this.account(me, uid(body.username)), password: 'Zq7-beihai-42' }
  }
  setAccountState(me, id, version, { state }) {
    const account = this.accounts.find((a) => a.uid === id)
    this.check(account, version, () => this.account(me, id))
    account.state = state
    account.version++
    return this.account(me, id)
  }
  addGrant(me, id, grant) {
    const account = this.accounts.find((a) => a.uid === id)
    const admins = ['system_admin', 'security_admin', 'audit_admin']
    if (admins.includes(grant.role) && account.grants.some((g) => admins.includes(g.role) && g.role !== grant.role)) throw new Refusal(409, 'roles-exclude', { role: grant.role })
    account.grants.push({ uid: uid(`${id}-${account.grants.length}-g`), ...grant, where: { ...grant.where, org: named(this.orgOf(grant.where.org)) } })
    account.version++
    return this.account(me, id)
  }
  removeGrant(me, id, grantId) {
    const account = this.accounts.find((a) => a.uid === id)
    account.grants = account.grants.filter((g) => g.uid !== grantId)
    account.version++
    return this.account(me, id)
  }

  /* jobs and audit: a job is done after a few looks at it */
  newJob(me, kind, work) {
    const job = { uid: uid(`job-${this.jobList.length}`), kind, state: 'running', progress: 0.1, doing: `${kind}.start`, result: null, error: null, created: this.now(), finished: null, by: { uid: me.person.uid, name: me.person.name } }
    Object.defineProperty(job, 'work', { value: work, enumerable: false })
    this.jobList.unshift(job)
    return job
  }
  job(id) {
    const job = this.jobList.find((j) => j.uid === id)
    if (!job) throw new Refusal(404, 'not-found')
    if (job.state === 'running') {
      job.progress = Math.min(1, job.progress + 0.45)
      if (job.progress >= 1) this.finish(job)
    }
    return job
  }
  finish(job) {
    try {
      job.result = job.work()
      job.state = 'done'
    } catch (error) {
      job.error = error instanceof Refusal ? error.body() : { status: 500, code: 'internal', title: String(error) }
      job.state = 'failed'
    }
    job.finished = this.now()
  }
  jobs() {
    return { rows: this.jobList, next: null }
  }
  readUpload(me, file, again) {
    return this.newJob(me, 'read-document', () => {
      const text = new TextDecoder('utf-8').decode(file.bytes).replaceAll('\r\n', '\n')
      if (!text.trim()) throw new Refusal(400, 'empty')
      if (/绝密|机密|秘密★/u.test(text)) throw new Refusal(403, 'classified')
      if (text.includes('\u0000')) throw new Refusal(400, 'not-a-document')
      const before = this.docs.find((doc) => doc.text === text)
      if (before && !again) return { existing: before.uid }
      return { document: this.newDocument(me, file.name, text).uid }
    })
  }
  events({ query }) {
    const rows = this.log.filter((e) => (!query.get('object') || e.object.uid === query.get('object')) && (!query.get('verb') || e.verb === query.get('verb')) && (!query.get('from') || e.at >= query.get('from')) && (!query.get('to') || e.at.slice(0, 10) <= query.get('to')))
    return page([...rows].reverse(), query)
  }
  head() {
    return { seq: this.log.length, hash: this.log.at(-1)?.hash ?? '' }
  }
  verifyAudit(me) {
    return this.newJob(me, 'verify-audit', () => ({ ok: true, events: this.log.length, head: this.head().hash, problems: [] }))
  }
}
