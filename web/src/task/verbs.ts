/* What can be done to a task: what each verb asks for, and which one a state waits for. Whether it may be done the API says. */
import type { Ask } from '@/ui/ReasonDialog.vue'

export interface Verb { id: string; reason?: Ask['reason']; until?: boolean; danger?: boolean; field?: 'reason' | 'note'; main?: boolean }

export const VERBS: readonly Verb[] = [
  { id: 'accept', main: true },
  { id: 'confirm', main: true },
  { id: 'submit', reason: 'may', field: 'note', main: true },
  { id: 'verify', reason: 'must', main: true },
  { id: 'return', reason: 'must', main: true },
  { id: 'close', main: true },
  { id: 'incomputable', reason: 'must' },
  { id: 'resume' },
  { id: 'reopen', reason: 'must' },
  { id: 'suspend', reason: 'must', until: true },
  { id: 'waive', reason: 'must', danger: true },
  { id: 'cancel', reason: 'must', danger: true },
]

/** The verb that a state waits for: shown with its reason even when this user may not. */
export const AWAITED: Record<string, string[]> = {
  issued: ['accept'], returned: ['accept'], reopened: ['accept'], working: ['submit'], submitted: ['verify'], verified: ['close'], suspended: ['resume'],
}
