/* What the ledger can be filtered by, and seen as. Address, request, filter row and saved views are made from this. */
import { anyFilter, filtersFrom, queryFrom, type Filters, type FilterSpec } from '@/lib/address'

export const STATES = ['draft', 'issued', 'working', 'submitted', 'returned', 'verified', 'closed', 'reopened', 'suspended', 'cancelled', 'waived'] as const
export const ENDED = ['verified', 'closed', 'cancelled', 'waived']
export const OPEN: string[] = STATES.filter((state) => !ENDED.includes(state) && state !== 'draft')
export const LIGHTS = ['red', 'amber', 'grey', 'green'] as const
export const TERMS = ['at_once', 'dated', 'lasting'] as const
export const SOURCES = ['document', 'instruction', 'hotline', 'inspection', 'audit', 'meeting', 'other'] as const
export const VIEWS = ['table', 'board', 'timeline', 'district'] as const
export type ViewName = (typeof VIEWS)[number]

export const SPEC = {
  q: 'text', number: 'text', plan: 'one', state: 'many', owner: 'one', owner_below: 'yes', role: 'one', light: 'one', late: 'yes', mine: 'yes', due_from: 'one', due_to: 'one',
  stage: 'one', handler: 'one', leader: 'one', parent: 'one', source: 'one', issuer: 'one', term: 'one', category: 'text', relapsed: 'yes', silent: 'yes', area: 'one', changed_from: 'one', kind: 'one', order: 'one',
  /* What stands behind a figure of a report: given by its door, never typed. */
  figure: 'one', on: 'one', step: 'one', since: 'one', until: 'one', overdue_from: 'one', whole: 'yes',
} as const satisfies FilterSpec

export type LedgerFilters = Filters<typeof SPEC>

/** The filters of a saved view or of another page's door, as an address of the ledger. */
export function ledgerAddress(query: Record<string, string>, view: ViewName = 'table'): { path: string; query: Record<string, string> } {
  return { path: '/ledger', query: { ...query, ...(view === 'table' ? {} : { view }) } }
}

/** What a saved view keeps: the filters and the way of looking, nothing of the place in the list. */
export function keptQuery(query: Record<string, unknown>): string {
  const filters = queryFrom(SPEC, filtersFrom(SPEC, query as Record<string, string>))
  const view = VIEWS.find((one) => one === query.view && one !== 'table')
  const kept: Record<string, string> = { ...filters }
  if (view) kept.view = view
  if (view && query.lane === 'owner') kept.lane = 'owner'
  return new URLSearchParams(kept).toString()
}

export const isFiltered = (filters: LedgerFilters): boolean => anyFilter(SPEC, { ...filters, order: '' })

/** How many filters stand in the folded-away part. */
/** The door of a report's figure: its filters go together. */
export const REPORT = ['figure', 'on', 'step', 'since', 'until', 'overdue_from', 'whole'] as const
export const fromReport = (filters: LedgerFilters): boolean => REPORT.some((name) => Boolean(filters[name]))

const FOLDED = ['number', 'owner', 'role', 'light', 'due_from', 'due_to', 'stage', 'handler', 'leader', 'source', 'issuer', 'term', 'category', 'relapsed', 'silent', 'area', 'changed_from', 'kind', 'parent'] as const
export const foldedCount = (filters: LedgerFilters): number => FOLDED.filter((name) => Boolean(filters[name])).length
