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
  where: { kind: 'org' | 'area' | 'all'; org?: Named | null; area?: string | null }
  what: { kind: 'all' | 'plan'; plan?: string | null }
  from: string | null
  to: string | null
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
  setup: { orgs: number; documents: number; plans: number }
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
  check?: EvidenceCheck | null
}

export interface Verdict { verb: string; by: Who; at: string; reason: string | null }

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
}

export interface Comment { uid: string; by: Who; at: string; text: string }

export interface Event {
  seq: number
  at: string
  verb: string
  object: { kind: string; uid: string; title: string }
  by: Who | null
  via: 'http' | 'socket' | 'engine'
  data: Record<string, unknown>
  hash: string
}

export interface WorkRow { why: string; task: TaskRow | null; document: DocumentRow | null; since: string }

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
export interface ImportResult { rows: number; new: number; changed: number; same: number; errors: ImportError[]; applied: boolean }

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
