/* Shapes of reports and of the leader's page (docs/internals/api-year.md). */
import type { Named, Who } from '@/api/types'

export type Ratio = [number, number]
export type ReportKind = 'weekly' | 'monthly' | 'quarterly'
export interface TaskLine { uid: string; number: string; title: string; lead: Named[]; due: string | null; state: string; light: string }
export interface Line { task: TaskLine; from: string | null; to: string | null; days: number | null; at: string | null }
export interface Group { n: number; query: string; lines: Line[] }
export interface SilentUnit { org: Named; days: number; tasks: number }
export interface UnitPoint { measure: string; weight: number; ratio: Ratio; points: string | null }
export interface Unit {
  org: Named; total: number; open: number; due: number; done: number; overdue: number; longest_overdue_days: number; returned: number; closed: number; new: number; relapsed: number
  rate: Ratio; on_time: Ratio; first_pass: Ratio; previous_rate: Ratio; score: string | null; rank: number; previous_rank: number | null; points: UnitPoint[]; query: string
}
export interface Block { id: string; n: number; columns: string[]; rows: { uid: string | null; cells: (string | null)[] }[] }
export interface Decision { uid: string; text: string; task: { uid: string; number: string; state?: string } | null }
export interface ReportRow { uid: string | null; kind: ReportKind; plan: { uid: string; title: string } | null; org: Named | null; period: string; from: string; to: string; made: string; by: Who | null; previous: string | null }
export interface Report extends ReportRow {
  totals: Record<string, number | Ratio>
  figures: Record<string, string>
  query: string
  since: { seq: number; at: string | null; silent: SilentUnit[] } & Record<GroupName, Group>
  units: Unit[]
  table_total: number
  table: { task: TaskLine; handler: string | null; light: string; changed: boolean; days_left: number | null; progress?: string | null; percent?: number | null; problem?: string | null; need?: string | null; next?: string | null }[]
  paper: Record<string, number>
  pages: { id: string; blocks: Block[] }[]
  head: { seq: number; hash: string }
  decisions: Decision[]
}
export const GROUPS = ['relapsed', 'overdue', 'returned', 'slipped', 'owner', 'amended', 'stopped', 'new', 'closed'] as const
export type GroupName = (typeof GROUPS)[number]

export interface ScopeChoice { org: Named | null; plan?: { uid: string; title: string } | null; area?: string | null }
export interface Overview extends ScopeChoice {
  scopes?: ScopeChoice[]
  on: string
  figures: { id: string; value: number; of: number; query: string }[]
  matrix: { plans_total: number; plans: (MatrixSum & { uid: string; title: string })[]; owners: (MatrixSum & Named)[]; cells: (MatrixSum & { plan: string; owner: string })[] }
  since: string
  turned_red_total: number
  turned_red_query?: string
  turned_red: Line[]
  relapses: Line[]
  silent: SilentUnit[]
  districts: (MatrixSum & { org: Named; closed: number; rate: Ratio; query?: string })[]
}
export interface MatrixSum { n: number; red: number; amber: number; green?: number; grey?: number }

/** The door of a figure: the ledger with the query that counts it. */
export const doorOf = (query: string): string => `/ledger?${query}`
export const joinQuery = (...parts: (string | undefined)[]): string => parts.filter(Boolean).join('&')

/** "17/20" and its percentage; a rate of nothing is no rate. */
export function percentOf([part, whole]: Ratio): string {
  return whole > 0 ? `${Math.round((part * 1000) / whole) / 10}%` : '–'
}
