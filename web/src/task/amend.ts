/* The form of an amendment, and what of it differs from the task: only that goes out. */
import type { Named, Task, TaskTarget } from '@/api/types'

export interface TargetForm { uid: string; metric: string; op: TaskTarget['op']; value: string; value2: string; unit: string; due: string }

/** What another task gets of an apportioned target. */
export interface AmendShare { task: string; target: string; value: string }

export interface AmendForm {
  title: string
  text: string
  due: string
  term: string
  stage: string
  category: string
  leader: string
  handler: string
  lead: Named[]
  support: Named[]
  restricted: boolean
  readers: string[]
  targets: TargetForm[]
}

export function formOf(task: Task): AmendForm {
  return {
    title: task.title, text: task.text, due: task.due ?? '', term: task.term ?? '', stage: task.stage ? String(task.stage.seq) : '', category: task.category ?? '', leader: task.leader?.uid ?? '', handler: task.handler?.uid ?? '',
    lead: [...task.lead], support: [...task.support], restricted: task.restricted ?? false, readers: (task.readers ?? []).map((one) => one.uid),
    targets: task.targets_list.map((one) => ({ uid: one.uid, metric: one.metric, op: one.op, value: one.value ?? '', value2: one.value2 ?? '', unit: one.unit ?? '', due: one.due ?? '' })),
  }
}

const PLAIN = ['title', 'text', 'due', 'term', 'category', 'leader', 'handler'] as const
const uids = (list: readonly Named[]): string[] => list.map((one) => one.uid)
const same = (a: readonly string[], b: readonly string[]): boolean => a.length === b.length && a.every((one, at) => one === b[at])

export function changesOf(task: Task, form: AmendForm): Record<string, unknown> {
  const before = formOf(task)
  const set: Record<string, unknown> = {}
  for (const name of PLAIN) if (form[name].trim() !== before[name].trim()) set[name] = form[name].trim() || null
  if (form.stage !== before.stage) set.stage = form.stage ? Number(form.stage) : null
  for (const name of ['lead', 'support'] as const) if (!same(uids(form[name]), uids(before[name]))) set[name] = uids(form[name])
  if (form.restricted !== before.restricted) set.restricted = form.restricted
  if (form.restricted && !same(form.readers, before.readers)) set.readers = form.readers
  const targets = form.targets.map((one, at) => targetChanges(before.targets[at] as TargetForm, one)).filter((one) => one !== null)
  if (targets.length > 0) set.targets = targets
  return set
}

function targetChanges(before: TargetForm, now: TargetForm): Record<string, unknown> | null {
  const set: Record<string, unknown> = {}
  for (const name of ['op', 'value', 'value2', 'unit', 'due'] as const) if (now[name].trim() !== before[name]) set[name] = now[name].trim() || null
  return Object.keys(set).length > 0 ? { uid: now.uid, ...set } : null
}
