/* What can be done to a task: what each verb asks for, where it leads, and which one a state waits for. Whether it may be done the API says. */
import { post } from '@/api/client'
import type { Task } from '@/api/types'
import { known, t } from '@/i18n'
import type { Ask, Given } from '@/ui/ReasonDialog.vue'

export interface Verb { id: string; to?: string; reason?: Ask['reason']; until?: boolean; share?: boolean; danger?: boolean; field?: 'reason' | 'note'; main?: boolean; form?: boolean }

/* `form`: the page has a form of its own for it. */
export const VERBS: readonly Verb[] = [
  { id: 'issue', to: 'issued', main: true },
  { id: 'accept', to: 'working', main: true },
  { id: 'confirm', main: true },
  { id: 'submit', to: 'submitted', reason: 'may', field: 'note', main: true },
  { id: 'verify', to: 'verified', reason: 'must', main: true },
  { id: 'return', to: 'returned', reason: 'must', main: true },
  { id: 'close', to: 'closed', main: true },
  { id: 'incomputable', reason: 'must' },
  { id: 'resume', to: 'working' },
  { id: 'reopen', to: 'reopened', reason: 'must' },
  { id: 'amend', form: true },
  { id: 'split', form: true },
  { id: 'remind', form: true },
  { id: 'suspend', to: 'suspended', reason: 'must', until: true },
  { id: 'overrule', to: 'verified', reason: 'must', danger: true },
  { id: 'waive', to: 'waived', reason: 'must', share: true, danger: true },
  { id: 'cancel', to: 'cancelled', reason: 'must', danger: true },
  { id: 'discard', to: 'discarded', reason: 'must', danger: true },
]

/** The verb that a state waits for: shown with its reason even when this user may not. */
export const AWAITED: Record<string, string[]> = {
  draft: ['issue'], issued: ['accept'], returned: ['accept'], reopened: ['accept'], working: ['submit'], submitted: ['verify'], verified: ['close'], suspended: ['resume'],
}

/** The question that a verb puts; `always`: even where it needs nothing said. */
export function askFor(verb: Verb, always = false): Ask | null {
  const word = t(`do.${verb.id}`)
  const said = known(`do.${verb.id}.said`) ? t(`do.${verb.id}.said`) : undefined
  if (!always && !said && !verb.reason && !verb.until && !verb.danger) return null
  return {
    title: word, confirm: word, ...(said ? { said } : {}), ...(verb.reason ? { reason: verb.reason, reasonLabel: t(known(`do.${verb.id}.reason`) ? `do.${verb.id}.reason` : 'ask.reason') } : {}),
    ...(verb.until ? { until: true } : {}), ...(verb.share ? { share: true } : {}), ...(verb.danger ? { danger: true } : {}),
  }
}

/** What goes out with a verb, from what was given. */
export function bodyFor(verb: Verb, given: Given): Record<string, unknown> {
  return { ...(given.reason ? { [verb.field ?? 'reason']: given.reason } : {}), ...(verb.until ? { until: given.until } : {}), ...(verb.share && given.share ? { share: given.share } : {}) }
}

export function doVerb(task: Pick<Task, 'uid' | 'version'>, verb: string, body: Record<string, unknown>): Promise<Task> {
  const path = verb === 'incomputable' ? `/tasks/${task.uid}/incomputable` : `/tasks/${task.uid}/do/${verb}`
  return post<Task>(path, body, { version: task.version })
}

/** The verbs that lead from where a task stands to a state: the first that may be done, else the one to explain. */
export function verbTo(task: Pick<Task, 'may' | 'state'>, state: string): { verb: Verb; ok: boolean } | null {
  const ways = VERBS.filter((verb) => verb.to === state && task.may[verb.id])
  const open = ways.find((verb) => task.may[verb.id]?.ok)
  if (open) return { verb: open, ok: true }
  const told = ways.find((verb) => task.may[verb.id]?.why !== 'wrong-state') ?? ways[0]
  return told ? { verb: told, ok: false } : null
}
