/* The shapes of docs/internals/api-data.md. What a page does not use is not listed. */
import type { Job, Named, Permission, Who } from '@/api/types'

export interface Worded { id: string; name: string; name_en: string | null }
export type DatasetRef = Worded
export type Kind = 'event' | 'register' | 'aggregate' | 'case'

export interface DatasetRow extends Worded {
  pack: Worded
  kind: Kind
  every: string | null
  flow: string | null
  forms: Worded[]
  may: Record<string, Permission | undefined>
}

export interface Code { code: string; name: string; name_en: string | null; parent: string | null }
export interface Field extends Worded {
  type: string
  decimals: number
  required: boolean
  personal: boolean
  unit: string | null
  element: string | null
  also: string[]
  of: 'record' | 'subject'
  retired: boolean
  codes: Code[] | null
}
export interface Rule { id: string; kind: string; level: 'error' | 'warning'; says: string; says_en: string | null; about: string[] }
export interface FlowState extends Worded { final: boolean }
export interface FlowStep extends Worded { from: string[]; to: string; by: string[]; needs: string[]; within: string | null }
export interface Flow extends Worded { first: string; states: FlowState[]; steps: FlowStep[] }

/** `flow` is an id in a row and the whole in the one. */
export interface Dataset extends Omit<DatasetRow, 'flow'> {
  org_field: string
  date: string | null
  key: string[]
  fields: Field[]
  codes_more: string[]
  rules: Rule[]
  flow: Flow | null
}

/* --- From a file to an import --- */

export interface FileOptions { encoding?: string; delimiter?: string; sheet?: string | null; header_row?: number }
export interface PreviewColumn { from: string; to: string | null; name: string | null; name_en: string | null; how: string; twice: { field: string; used: number } | null; near: string[]; examples: string[]; masked: boolean }
export interface Found { code: string; at: string | null; message: string; params?: Record<string, string> }
export interface Preview {
  format: string
  options: FileOptions
  sheets: { name: string; rows: number | null }[]
  dataset: DatasetRef | null
  datasets: { dataset: DatasetRef; recognised: number; of: number }[]
  columns: PreviewColumn[]
  missing: { field: string; required: boolean }[]
  rows: (string | null)[][]
  mapping: { uid: string; name: string } | null
  findings: Found[]
}

/** A column that means what one before it means, by their numbers from 1. */
export interface Twice { dataset: string; field: string; column: number; name: string; used: number; used_name: string }
export interface Finding { rule: string; says: string | null; says_en: string | null; level: 'error' | 'warning' | 'reject'; n: number; dataset: string; field: string | null; first: string | null }
export interface Result {
  rows: number; accepted: number; warned: number; held: number; rejected: number
  added: number; changed: number; same: number; deleted: number
  unknown: string[]
  twice?: Twice[] // results that were stored before this was told have none
  errors: boolean
  asks: { deletes: number; of: number; unread?: number } | null
  findings: Finding[]
  more: boolean
}
export interface Intake {
  uid: string
  channel: string
  org: Named
  by: Who | null
  source: string | null
  message_id: string | null
  name: string
  format: string | null
  size: number
  received: string
  state: 'waiting' | 'checking' | 'asking' | 'applying' | 'done' | 'refused' | 'failed'
  dataset: DatasetRef | null
  mapping: { uid: string; name: string } | null
  mode: 'add' | 'replace'
  period: string | null
  strict: boolean
  dry_run: boolean
  job: string | null
  taken_up: number // how often the server took it up again by itself
  finished: string | null
  result: Result | null
  error: { code: string; status: number; title?: string; params?: Record<string, string>; at?: string; hint?: string } | null
  version: number
  may: Record<string, Permission | undefined>
  batches?: Batch[]
}
export interface Arrived { job: Job; intake: Intake; again?: boolean }
export interface Batch {
  uid: string; intake: string; dataset: DatasetRef; org: Named; mode: string; period: string | null; state: string
  rows: number; rejected: number; held: number; warned: number; added: number; changed: number; same: number; deleted: number
  opened: string; done: string | null
}
export interface Reject { row: number; at: string; code: string; field: string | null; shown: string | null }

export interface Mapping { uid: string; org: Named | null; dataset: DatasetRef; name: string; format: string; options: FileOptions; columns: { from: string; to: string | null }[]; mode: 'add' | 'replace'; used: string | null; version: number; may: Record<string, Permission | undefined> }

/* --- Defects, records, cases --- */

export interface Defect {
  uid: string; org: Named; dataset: DatasetRef; rule: string; says: string | null; says_en: string | null; level: 'error' | 'warning'
  state: 'found' | 'sent' | 'corrected' | 'closed' | 'waived'
  month: string | null; period: string | null; record: string | null; found: string; due: string | null; sent: string | null; closed: string | null
  again: number; late: boolean; version: number
  may: Record<string, Permission | undefined>
}
export interface DefectNote { kind: string; text: string; by: Who | null; at: string }
export interface DefectFull extends Defect { values: { field: string; name: string; value: string | null }[]; notes: DefectNote[]; found_how: 'import' | 'recheck' | 'compare'; found_by: string | null; closed_how: 'import' | 'recheck' | 'compare' | null; closed_by: string | null }
/** What the rule of a defect of a period counted; `answer` as it stands now. */
export interface DefectPart { how: string; dataset: DatasetRef; value: string | null; condition: string | null; answer: string | null; records: number; apart: number | null }
export interface DefectCounts {
  total: number
  state: Record<string, number>
  dataset: { dataset: DatasetRef; n: number }[]
  rule: { dataset: DatasetRef; rule: string; says: string | null; says_en: string | null; level: string; n: number }[]
  org: { org: Named; n: number; late: number }[]
}

export interface Subject { uid: string; name: string | null; sex: string | null; birth: string | null }
/** What a person has said of him, masked; `further`: not what was said first. */
export interface PersonField extends Worded { type: string; shown: string | null; further: boolean }
export interface PersonFact extends Worded { type: string | null; value: string | null; words: string | null; words_en: string | null; further: boolean; at: string; org: Named | null }
export interface PersonFull extends Subject { root: string; records: number; fields: PersonField[]; facts: PersonFact[]; group: (Subject & { onto: string | null; at: string | null })[]; may: Record<string, Permission | undefined> }
export interface Unmasked { birth: string | null; fields: (Worded & { value: string | null; further: boolean })[] }
export interface Look { at: string; by: Who & { org?: Named }; purpose: string; reason: string | null; fields: string | null }
export interface Pair { uid: string; a: Subject; b: Subject; compare: (Omit<Worded, 'id'> & { field: string; a: string | null; b: string | null; same: boolean | null })[]; why: string; score: number; state: string; found: string; decided: string | null; version: number }
export interface DataRecord { id: string; org: Named; month: string | null; period: string | null; state: 'accepted' | 'warned' | 'held'; values: Record<string, string | null>; person?: Subject | null; valid_from: string | null; valid_to: string | null; batch: string | null; case?: string | null }
export interface Version { batch: string; by: { intake: string; name: string; channel: string } | null; at: string; until: string | null; deleted: boolean; month: string | null; values: Record<string, string | null> }
export interface RecordFull extends Omit<DataRecord, 'case'> { personal?: { field: string; shown: string | null }[]; deleted: boolean; moved: string | null; defects: Defect[]; history: Version[]; case?: Case | null }

export interface Case {
  uid: string; dataset: DatasetRef; org: Named; concerns: Named[]; record: string | null; state: FlowState; since: string; due: string | null; late: boolean
  begun: string; ended: string | null; gone: string | null; values: Record<string, string | null>; person: Subject | null; version: number
  may: Record<string, Permission | undefined>
}
export interface CaseFull extends Case { steps: CaseStep[]; flow: Flow | null }
export interface CaseStep { step: string; name: string; name_en: string | null; from: string; to: string; by: Who | null; at: string; note: string | null; late_ms: number | null; values: Record<string, string | null>; intake: string | null }
export interface Board { dataset: DatasetRef; states: { state: FlowState; n: number; late: number }[] }

/* --- Who owes; quality --- */

export interface Expected { dataset: DatasetRef; org: Named; period: string; due: string; lock: string | null; opened: string | null; corrected: string | null; state: string; rows: number | null; received: string | null; reason: string | null; duty: string | null; may?: Record<string, Permission | undefined> }
export interface ExpectedCount { dataset: DatasetRef; period: string; expected: number; open: number; in: number; zero: number; late: number; silent: number; excused: number }
export interface Loss { rule: string; says: string | null; says_en: string | null; tested: number; failed: number; lost: string; opens: { list: 'records' | 'defects' | 'expected'; rules: string[]; late: boolean } }
export interface Measure { measure: string; weight: number; score: string | null; pass: number; tested: number; losses: Loss[] }
export interface Quality { org: Named; dataset: DatasetRef | null; month: string; state: string | null; records: number; score: string | null; rank: number | null; peers: number; before: string | null; line: number; below: boolean; corrected: string | null; measures: Measure[] }

/* --- Forms --- */

export interface FormRef { dataset: DatasetRef; form: Worded; kind: Kind; every: string | null }
export interface FormField extends Field { required_when: boolean; value: string | null }
export interface Form { dataset: DatasetRef; form: Worded; org: Named; parts: (Worded & { when: boolean; fields: FormField[] })[]; rules: Rule[]; may?: Record<string, Permission | undefined> }
export interface FormAnswer { outcome: 'accepted' | 'warned' | 'held' | 'rejected'; findings: { rule: string; field: string | null; about?: string[]; level: string; says: string | null; says_en: string | null }[]; shown?: string[]; record?: string | null; intake: string | null }

/* --- The bulletin --- */

export interface BulletinRow { org: Named; group: string; state: string | null; records: number; score: string | null; grade: string | null; rank: number | null; peers: number; before: string | null; below: boolean }
export interface BulletinPart { dataset: DatasetRef; line: number; rows: BulletinRow[]; silent: Named[]; worst: { rule: string; says: string | null; says_en: string | null; measure: string; orgs: number; tested: number; failed: number }[] }
export interface Bulletin { month: string; datasets: BulletinPart[] }
