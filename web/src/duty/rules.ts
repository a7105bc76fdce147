/* Rules of duties: who owes what how often, as the API has them and as a form holds them. */
import type { Named, Permission } from '@/api/types'
import { t } from '@/i18n'

export type Owed = 'orgs' | 'collective' | 'function'
export interface DutyRule {
  uid: string; name: string; issuer: Named; owed_by: { orgs?: Named[]; collective?: Named; function?: string; subjects?: boolean }; every: string; due: { days: number; working: boolean }; grace_days: number
  calendar: string; from: string; to: string | null; plan: string | null; state: 'on' | 'off'; version: number; may: Record<string, Permission | undefined>
}
export interface RuleDraft { uid: string; version: number; name: string; owed: Owed; orgs: Named[]; collective: Named | null; function: string; every: string; days: number; working: boolean; grace: number; from: string; to: string; plan: string }

export const EVERY = ['week', 'month', 'quarter', 'half', 'year', 'once'] as const
export const OWED: readonly Owed[] = ['collective', 'orgs', 'function']

export function draftOf(rule: DutyRule | null, today: string): RuleDraft {
  if (!rule) return { uid: '', version: 0, name: '', owed: 'collective', orgs: [], collective: null, function: '', every: 'month', days: 5, working: true, grace: 5, from: today, to: '', plan: '' }
  const by = rule.owed_by
  return {
    uid: rule.uid, version: rule.version, name: rule.name, owed: by.orgs ? 'orgs' : by.function ? 'function' : 'collective', orgs: by.orgs ?? [], collective: by.collective ?? null, function: by.function ?? '',
    every: rule.every, days: rule.due.days, working: rule.due.working, grace: rule.grace_days, from: rule.from, to: rule.to ?? '', plan: rule.plan ?? '',
  }
}

/** What is still missing before it may be sent, as the name of a text; empty when nothing is. */
export function missingIn(draft: RuleDraft): string {
  if (!draft.name.trim()) return 'rule.wrong.name'
  if (draft.owed === 'orgs' ? draft.orgs.length === 0 : draft.owed === 'collective' ? !draft.collective : !draft.function.trim()) return 'rule.wrong.owed'
  const whole = (n: number): boolean => Number.isInteger(n) && n >= 0 && n <= 366
  if (!whole(draft.days) || !whole(draft.grace)) return 'rule.wrong.days'
  return !draft.from || (draft.to !== '' && draft.to < draft.from) ? 'rule.wrong.dates' : ''
}

export function bodyOf(draft: RuleDraft): Record<string, unknown> {
  const owed = draft.owed === 'orgs' ? { orgs: draft.orgs.map((one) => one.uid) } : draft.owed === 'collective' ? { collective: draft.collective?.uid } : { function: draft.function.trim() }
  return { name: draft.name.trim(), owed_by: owed, every: draft.every, due: { days: draft.days, working: draft.working }, grace_days: draft.grace, from: draft.from, to: draft.to || null, ...(draft.plan ? { plan: draft.plan } : {}) }
}

/** Who owes by a rule, in words. */
export function owers(rule: DutyRule): string {
  const by = rule.owed_by
  if (by.subjects) return t('rule.owed.subjects')
  if (by.function) return t('rule.owed.function.of', { name: by.function })
  if (by.collective) return t('rule.owed.collective.of', { name: by.collective.name })
  const orgs = by.orgs ?? []
  const names = orgs.slice(0, 3).map((one) => one.name).join(t('list.comma'))
  return orgs.length > 3 ? `${names} ${t('orgs.and', { count: orgs.length - 3 })}` : names
}

export const dueWords = (rule: { every: string; due: { days: number; working: boolean } }): string =>
  t(rule.every === 'once' ? (rule.due.working ? 'rule.due.once.working' : 'rule.due.once.days') : rule.due.working ? 'rule.due.working' : 'rule.due.days', { days: rule.due.days })
