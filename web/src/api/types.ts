/* The shapes of docs/internals/api.md. What a page does not use is not listed. */
import type { Span } from '@/lib/spans'

export interface Named { uid: string; name: string; short_name?: string }
export interface Who extends Named { org?: Named | null }

export interface Permission { ok: boolean; why?: string; params?: Record<string, string> }
export type May = Record<string, Permission | undefined>

export interface Rows<T> { rows: T[]; next: string | null; total?: number }

export interface Grant {
  uid?: string
  role: string
  where: { kind: 'org' | 'area' | 'all' | 'group'; org?: Named | null; group?: Named | null; area?: string | null }
  what: { kind: 'all' | 'plans'; plans?: string[] }
  from: string | null
  to: string | null
  /** Whose grant it is, which one has as deputy. */
  for?: Named | null
}

export interface Session {
  account: { uid: string; username: string; must_change_password: boolean }
  person: { uid: string; name: string; proven: boolean }
  org: Named & { kind: string }
  grants: Grant[]
  roles: string[]
  csrf: string
  idle_minutes: number
  demo: boolean
  now: string
  today: string
  sections: string[]
  /** What is not shown, and who may see it. */
  closed?: { section: string; why: string; role: string | null }[]
  totp?: { on: boolean; required: boolean; recovery_left: number }
  setup: { orgs: number; documents: number; plans: number; calendar_missing?: number | null }
  /** What belongs to no object: new_task, new_plan, import_tasks, handover. */
  may?: May
}

export interface DocumentRow {
  uid: string
  title: string
  doc_no: string | null
  kind: string
  issuer: string | null
  issued: string | null
  state: 'draft' | 'issued' | 'discarded'
  file_name: string
  items: number
  confirmed: number
  left_out: number
  findings: number
  unresolved: number
  org: Named
  uploaded_by: Named
  uploaded: string
  plan: string | null
  version: number
}

export interface Owner { name: string; span: Span | null; org: Named | null; how: 'alias' | 'name' | 'edit' | 'unresolved'; candidates?: Named[] }

export interface Target {
  uid?: string
  quote: string
  span: Span | null
  metric: string
  op: '>=' | '<=' | '~' | '=' | 'range'
  value: string | null
  value2: string | null
  unit: string | null
  due: string | null
  soft: boolean
  tense: 'target' | 'result'
  removed?: boolean
}

export interface DocMeasure { no: string | null; text: string; span: Span | null; removed?: boolean }

export interface Item {
  index: number
  no: string | null
  label: string | null
  kind: 'task' | 'rectification' | 'narrative'
  path: string[]
  title: string
  title_span: Span | null
  span: Span | null
  problem: string | null
  problem_span: Span | null
  lead: Owner[]
  support: Owner[]
  /** What was taken out stays in its place, marked so, that paths keep their meaning. */
  measures: DocMeasure[]
  targets: Target[]
  due: string | null
  status: 'open' | 'confirmed' | 'left_out'
  edited: string[]
  part: string | null
  /** A restricted task that is not open to who looks: emptied. */
  withheld?: boolean
}

export interface OwnerName { name: string; items: number; org: Named | null; candidates: Named[] }

export interface Finding {
  code: string
  at: string
  span: Span | null
  message: string
  params: Record<string, string>
  seen: boolean
}

export interface Declared { what: string; value: number; quote: string; span: Span | null; found: number | null; ok: boolean | null }

export interface DocumentFull extends DocumentRow {
  text: string
  text_sha256: string
  title_span: Span | null
  doc_no_span: Span | null
  issued_span: Span | null
  declared: Declared[]
  owners: OwnerName[]
  issuer_org: Named | null
  may: May
}

/** `items` and `findings` are counts in a row and lists in the whole document. */
export type OneDocument = Omit<DocumentFull, 'items' | 'findings'> & { items: Item[]; findings: Finding[] }

export interface Edit { path: string; old: unknown; new: unknown }
export interface EditEntry extends Edit { by: Named; at: string }

export interface PlanRow {
  uid: string
  title: string
  doc_no: string | null
  kind: string
  issuer: Named
  issued: string
  edition: number
  tasks: number
  by_state: Record<string, number>
  document: string | null
  version: number
  code?: string | null
  year?: number | null
  state?: 'open' | 'closed'
  stages?: number
  stage?: string | null
}

export type Gate = 'none' | 'decision' | 'submitted' | 'closed'

export interface Stage {
  seq: number
  name: string
  begins: string | null
  ends: string | null
  gate: Gate
  share: number | null
  state: 'open' | 'current' | 'passed'
  passed_by: Who | null
  passed_at: string | null
  reason: string | null
  /** Passed although the gate was shut; what was missing then. */
  forced?: boolean
  missing?: Record<string, string> | null
  tasks: number
  closed: number
}

/** A step of the ladder of reminders: so many days from the due date, to whom. */
export interface Step { seq?: number; days: number; working: boolean; level: string; to: string[]; letter: boolean }

export interface Hour { day: number; hour: number }

export interface PlanSettings {
  holding_days: number
  publicity_days: number
  publicity_working?: boolean
  weekly: Hour | null
  monthly: Hour | null
  progress: 'none' | 'week' | 'month'
  assess: { measure: string; weight: number }[]
}

/** How much paper was asked for, and what came of it. */
export interface Paper { evidence_asked: number; evidence_given: number; checked: number; believed: number; by_number: number; tasks_without_paper: number }

export interface Plan extends PlanRow {
  stages_list?: Stage[]
  steps?: Step[]
  settings?: PlanSettings
  paper?: Paper
  /** Came from a workbook, and can go out in its layout. */
  layout?: boolean
  may?: May
  basis?: string | null
  issued_by?: Who | null
  open_tasks?: number
}

export interface TaskRow {
  uid: string
  no: string | null
  label: string | null
  title: string
  plan: { uid: string; title: string }
  kind: string
  state: string
  marks: string[]
  light: 'green' | 'amber' | 'red' | 'grey' | 'none'
  due: string | null
  days_left: number | null
  lead: Named[]
  support: Named[]
  targets: number
  measures: number
  measures_done: number
  evidence: number
  changed: string
  version: number
  number?: string | null
  stage?: { seq: number; name: string } | null
  handler?: Who | null
  leader?: Who | null
  term?: string | null
  category?: string | null
  parent?: { uid: string; number: string | null; title: string } | null
  children?: { total: number; closed: number } | null
  restricted?: boolean
  relapses?: number
  holding_until?: string | null
  reminder?: string | null
  progress?: { period: string; percent: number | null; text: string } | null
  /** Only in lists of one's own: for whom the asker has it as deputy. */
  for?: Named | null
}

export interface TaskTarget extends Target { uid: string; bound: string | null }

export interface TaskMeasure {
  uid: string
  no: string | null
  text: string
  state: 'open' | 'started' | 'effective' | 'done' | 'lasting'
  answer: string | null
  by: Named | null
  at: string | null
  version: number
}

/** What a register says of a piece of evidence. */
export interface EvidenceCheck {
  state: 'held' | 'failed'
  register: string
  row: string | null
  key: string
  facts: { code: string; ok: boolean; params?: Record<string, string> }[]
  at: string
}

export interface Evidence {
  uid: string
  name: string
  size: number
  media: string
  kind: string
  note: string | null
  by: Who
  at: string
  sha256: string
  withdrawn: boolean
  /** What the register says of it: held, failed, or not yet looked up. */
  check?: EvidenceCheck | null
}

export interface Share { target: string; value: string | null; unit: string | null }

export interface Child {
  uid: string
  number: string | null
  owner: Named | null
  state: string
  light: TaskRow['light']
  due: string | null
  share: Share[] | null
  claimed: string | null
}

/** What the sub-tasks come to together. `adds`: their shares make up the target, else each has the same. */
export interface RollUp {
  total: number
  closed: number
  waived: number
  cancelled: number
  late: number
  targets: { target: string; metric: string; unit: string | null; value: string | null; adds: boolean; shared: string | null; claimed: string | null; reported: number; of: number }[]
}

export interface Amendment { field: string; old: unknown; new: unknown; reason: string | null; by: Who | null; at: string }

export interface Progress {
  uid?: string
  period: string
  text: string | null
  problem: string | null
  need: string | null
  next: string | null
  percent: number | null
  nothing_new?: boolean
  by: Who | null
  at: string
}

export interface TaskReminder { level: string; due: string | null; sent: string; to: Who[]; read: string | number | null }

export interface TaskLookBack { uid: string; title: string; result: string | null; note: string | null; by: Who | null; at: string | null }

export interface Verdict { verb: string; by: Who | null; at: string; reason: string | null }

export interface Task extends TaskRow {
  text: string
  span: Span | null
  document: string | null
  path: string[]
  problem: string | null
  source: string
  basis: string | null
  targets_list: TaskTarget[]
  needs_incomputable: boolean
  incomputable: { reason: string; by: Who; at: string } | null
  measures_list: TaskMeasure[]
  evidence_list: Evidence[]
  asks?: { kind: string; why: string; given: boolean }[]
  claim: { by: Who; at: string; note: string | null } | null
  confirmations: { org: Named; by: Who | null; at: string | null }[]
  verdicts: Verdict[]
  suspended_until: string | null
  comments: number
  may: May
  source_no?: string | null
  issuer?: Named | null
  quiet?: boolean
  waived_share?: string | null
  overruled_by?: Who | null
  source_date?: string | null
  amendments?: Amendment[]
  children_list?: Child[]
  roll_up?: RollUp | null
  publicity_until?: string | null
  progress_list?: Progress[]
  readers?: Who[]
  reminders?: TaskReminder[]
  look_backs?: TaskLookBack[]
  kept?: Record<string, string> | null
}

export interface Comment { uid: string; by: Who; at: string; text: string; mentions?: Who[] }

/** `GET /tasks/counts`: the facets of what a filter holds. */
export interface Counts {
  state: Record<string, number>
  light: Record<string, number>
  plan: { uid: string; title: string; n: number }[]
  owner: { org: Named; n: number; red: number; amber: number }[]
  month: { month: string; n: number; red: number }[]
  district?: District[]
}

export interface District { org: Named; area: string | null; n: number; red: number; amber: number; green: number; grey: number; none: number }

export interface Person extends Who { username?: string }

export interface View { uid: string; page: string; name: string; query: string; shared: boolean; by?: Who | null; mine?: boolean; version?: number; may?: May }

export interface BulkAnswer {
  done: { uid: string; version: number }[]
  refused: { uid: string; code: string; params?: Record<string, string>; present?: TaskRow | null }[]
}

export interface ImportColumn { index: number; heading: string; field: string | null; how: string; taken?: string; example?: string | null }

export interface TaskImport {
  sheet: string
  title?: string | null
  title_rows: number
  refused?: number
  columns: ImportColumn[]
  rows: number
  new: number
  changed: number
  same: number
  gone: number
  left?: number
  preview: { row: number; task?: string | null; number: string | null; title?: string | null; change: 'new' | 'changed' | 'same' | 'refused'; draft?: boolean; left?: boolean; set: { field: string | null; heading?: string; old: string | null; new: string | null }[] }[]
  errors: (ImportError & { params?: Record<string, string> })[]
  plan: string | null
  applied: boolean
}

/** `may`: record, and hold (who may say that it holds); empty when the last word was said. */
export interface LookBackRow { task: TaskRow; result: 'held' | 'relapsed' | 'unclear' | null; note: string | null; by: Who | null; at: string | null; may?: May }

export interface LookBack {
  uid: string
  title: string
  plan: { uid: string; title: string } | string | null
  from: string
  until: string
  state?: string
  seed?: string
  sample?: string
  share?: number | null
  total?: number
  held?: number
  relapsed?: number
  unclear?: number
  /** How many closed tasks there were to draw from. */
  candidates?: number
  rows?: LookBackRow[]
  version: number
}

/** Part of a report: so many, the ledger's address of them, and the first lines. */
export interface ReportList { n: number; query: string; lines: ReportLine[] }

/** What the page of a plan uses of its report. */
export interface PlanReport {
  from: string
  to: string
  since: Partial<Record<'relapsed' | 'overdue' | 'returned' | 'slipped' | 'owner' | 'amended' | 'stopped' | 'new' | 'closed', ReportList>> & { silent?: { org: Named; days: number; tasks: number }[] }
  paper?: Paper
}

export interface ReportLine { task: Pick<TaskRow, 'uid' | 'title' | 'lead' | 'due' | 'light' | 'state'> & { number: string | null }; from: string | null; to: string | null; days: number | null; at: string | null }

export interface Event {
  seq: number
  at: string
  verb: string
  object: { kind: string; uid: string; title: string }
  by: Who | null
  via: 'http' | 'socket' | 'engine'
  /** For whom a deputy acted; the token that stood for the account. */
  for?: Who | null
  token?: string | null
  data: Record<string, unknown>
  changes?: EventChange[]
  hash: string
}

/** What an event changed: `name` is what a uid means, `of` that of one of several; a digest stands for what people wrote. */
export interface EventChange { field: string; of: string | null; value: string | null; name: string | null; digest: boolean }

export interface SessionRow { uid: string; created: string; seen: string; via: string; agent: string | null; current: boolean }

export interface TokenRow { uid: string; name: string; scope: 'read' | 'write'; until: string; created: string; last_used: string | null; state: 'good' | 'over' | 'ended' }

export interface DeputyRow { uid: string; account: Who; deputy: Who; from: string; to: string; reason: string; state: 'coming' | 'now' | 'over' | 'ended'; may: May }

export interface GroupRow { uid: string; name: string; kind: string; members: number; version: number }

export interface GroupMember { org: Named; from: string | null; to: string | null }

export interface Group extends Named { kind: string; version: number; members: GroupMember[]; may: May }

export interface WorkRow { why: string; for?: Named | null; task: TaskRow | null; document: DocumentRow | null; since: string }

export interface OrgRow {
  uid: string
  code: string
  name: string
  short_name: string | null
  kind: string
  area: string | null
  rank: number
  parent: Named | null
  children: number
  closed: string | null
  version: number
}

export interface Org extends OrgRow {
  leader?: Who | null
  legal_code: string | null
  functions: string[]
  aliases: { alias: string }[]
  members: Named[]
  path: Named[]
  accounts: number
  open_tasks: number
  may: May
}

/** `forbids`: nothing is applied while it stands; else it is only said. */
export interface ImportError { at: string; code: string; message: string; forbids?: boolean }
export interface ImportResult {
  rows: number; new: number; changed: number; same: number; errors: ImportError[]; applied: boolean
  columns?: { index: number; heading: string; taken: 'yes' | 'new' | 'no' }[]
  preview?: { row: number; title: string; change: string; set: { heading: string; old: string; new: string }[] }[]
}

export interface AccountRow {
  uid: string
  username: string
  person: { uid: string; name: string; proven: boolean }
  org: Named
  state: 'active' | 'locked' | 'disabled'
  roles: string[]
  last_login: string | null
  version: number
}

export interface Account extends AccountRow { grants: (Grant & { uid: string })[]; may: May }

export interface ProblemBody {
  type?: string
  title?: string
  status: number
  code: string
  params?: Record<string, string>
  at?: string
  hint?: string
  present?: unknown
  findings?: unknown[]
}

export interface Job {
  uid: string
  kind: string
  state: 'waiting' | 'running' | 'done' | 'failed'
  progress: number
  doing: string | null
  result: Record<string, unknown> | null
  error: ProblemBody | null
  created: string
  finished: string | null
  by: Named | null
}
