/* The form of a task by hand, and what goes out of it. */
import type { Named } from '@/api/types'

export interface NewTarget { metric: string; op: string; value: string; value2: string; unit: string; due: string; soft: boolean }

export interface NewTaskForm {
  source: string
  source_no: string
  source_date: string
  basis: string
  plan: string
  title: string
  text: string
  problem: string
  lead: Named[]
  support: Named[]
  leader: string
  handler: string
  due: string
  term: string
  category: string
  stage: string
  restricted: boolean
  readers: string[]
  measures: string[]
  targets: NewTarget[]
}

export const blankTarget = (): NewTarget => ({ metric: '', op: '>=', value: '', value2: '', unit: '', due: '', soft: false })

export function blankTask(source: string, plan: string): NewTaskForm {
  return { source, source_no: '', source_date: '', basis: '', plan, title: '', text: '', problem: '', lead: [], support: [], leader: '', handler: '', due: '', term: '', category: '', stage: '', restricted: false, readers: [], measures: [''], targets: [] }
}

/** The keys of what is missing; a draft needs only a title. */
export function missingIn(form: NewTaskForm, issue: boolean): string[] {
  const missing: string[] = []
  if (!form.title.trim()) missing.push('title')
  if (issue && form.lead.length === 0) missing.push('lead')
  if (issue && !form.due) missing.push('due')
  if (form.targets.some((one) => !one.metric.trim() || !isFigure(one.value) || (one.op === 'range' && !isFigure(one.value2)))) missing.push('targets')
  return missing
}

const isFigure = (text: string): boolean => /^-?\d+(\.\d+)?$/.test(text.normalize('NFKC').trim())

/** Empty fields stay out, so that the server's own defaults hold. */
export function taskBody(form: NewTaskForm, issue: boolean, parent = ''): Record<string, unknown> {
  const body: Record<string, unknown> = { source: form.source, title: form.title.trim(), issue }
  for (const name of ['source_no', 'source_date', 'basis', 'plan', 'text', 'problem', 'leader', 'handler', 'due', 'term', 'category'] as const) if (form[name].trim()) body[name] = form[name].trim()
  if (form.stage) body.stage = Number(form.stage)
  for (const name of ['lead', 'support'] as const) if (form[name].length > 0) body[name] = form[name].map((one) => one.uid)
  if (form.restricted) Object.assign(body, { restricted: true, readers: form.readers })
  const measures = form.measures.map((one) => one.trim()).filter(Boolean)
  if (measures.length > 0) body.measures = measures
  if (form.targets.length > 0) body.targets = form.targets.map(targetBody)
  if (parent) body.parent = parent
  return body
}

function targetBody(one: NewTarget): Record<string, unknown> {
  const figure = (text: string): string | null => text.normalize('NFKC').trim() || null
  return { quote: one.metric.trim(), metric: one.metric.trim(), op: one.op, value: figure(one.value), value2: one.op === 'range' ? figure(one.value2) : null, unit: one.unit.trim() || null, due: one.due || null, soft: one.soft, tense: 'target' }
}
