/* What is being sent, arranged for the eye: the columns of a file and what they are. */
import type { Dataset, Field, Preview } from './types'

/** What is wished for a file beside what it holds. */
export interface Wish { uid: string; org: string; preview: Preview | null; dataset: Dataset | null; chosen: Choices; mode: 'add' | 'replace'; month: string; strict: boolean; keep: boolean }

export type Choices = Record<string, string>

/** What each column is, by its heading: what was found, unless it was chosen otherwise; '' leaves it out. */
export function choicesOf(preview: Preview, chosen: Choices): Choices {
  const choices: Choices = {}
  for (const column of preview.columns) choices[column.from] = chosen[column.from] ?? (choices[column.from] || column.to || '') // of two that are called the same the first counts
  return choices
}

/** Fields that two columns are said to be. */
export function doubledIn(choices: Choices): Set<string> {
  const seen = new Set<string>()
  const twice = new Set<string>()
  for (const to of Object.values(choices)) {
    if (to && seen.has(to)) twice.add(to)
    seen.add(to)
  }
  return twice
}

/** Required fields that no column is. What names the person is asked for as a whole: any number, or what describes. */
export function missingIn(dataset: Dataset, choices: Choices): Field[] {
  const given = new Set(Object.values(choices))
  return dataset.fields.filter((field) => field.required && field.of === 'record' && field.id !== dataset.org_field && !given.has(field.id))
}

/** Whether the file is to be mapped otherwise than the program found: then the mapping goes along. */
export function isRemapped(preview: Preview, chosen: Choices): boolean {
  return preview.columns.some((column) => chosen[column.from] !== undefined && chosen[column.from] !== (column.to ?? ''))
}

export const columnsOf = (choices: Choices): { from: string; to: string | null }[] => Object.entries(choices).map(([from, to]) => ({ from, to: to || null }))

/** Whether it has columns; FHIR and HL7 have none. */
export const isTable = (preview: Preview): boolean => !['fhir', 'hl7'].includes(preview.format)

/** The period of a dataset that a month lies in; null where there is none. */
export function periodOf(dataset: Dataset | null, month: string): string | null {
  if (!dataset || dataset.kind === 'register') return null
  if (dataset.every === 'year') return month.slice(0, 4)
  return dataset.every === 'quarter' ? `${month.slice(0, 4)}Q${Math.ceil(Number(month.slice(5, 7)) / 3)}` : month
}

/** What POST /intakes is asked for. */
export function wishOf(wish: Wish): Record<string, unknown> {
  const preview = wish.preview!
  const table = isTable(preview)
  const wholePeriod = wish.mode === 'replace' || wish.dataset?.kind === 'aggregate'
  return {
    upload: wish.uid, org: wish.org || null, mode: wish.mode, strict: wish.strict, period: wholePeriod ? periodOf(wish.dataset, wish.month) : null,
    ...(table ? { dataset: preview.dataset?.id, options: preview.options } : {}),
    ...(table && isRemapped(preview, wish.chosen) ? { columns: columnsOf(choicesOf(preview, wish.chosen)), keep: wish.keep } : {}),
  }
}
