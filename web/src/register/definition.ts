/* A register's definition as a form holds it; what each check takes is the table of docs/registers.md. */
import type { Register, RegisterField } from './types'

export interface Check { check: string; field?: string; of?: string; value?: number; percent?: number }
export interface Draft { code: string; name: string; name_en: string; proves: string; key: string; fields: RegisterField[]; checks: Check[]; words: string }

export const KINDS = ['document', 'training', 'roster', 'archive', 'photo', 'figure', 'other'] as const
export const TYPES = ['text', 'int', 'date'] as const
/** What a check takes: `field` an int field, `of` another, `date` a date field, `value` and `percent` numbers; the others nothing. */
export const CHECKS: Record<string, string[]> = { 'at-least': ['field', 'value'], share: ['field', 'of', 'percent'], emptied: ['date'] }

const ID = /^[a-z][a-z0-9_]{0,19}$/
export const blankField = (): RegisterField => ({ name: '', label: '', label_en: '', type: 'text', required: false })

export function draftOf(register: Register | null): Draft {
  if (!register) return { code: '', name: '', name_en: '', proves: 'other', key: '', fields: [{ ...blankField(), required: true }], checks: [{ check: 'of-owner' }], words: '' }
  return {
    code: register.code, name: register.name, name_en: register.name_en, proves: register.proves, key: register.key, fields: register.fields.map((field) => ({ ...field })),
    checks: register.checks.map((one) => ({ ...one })), words: (register.words ?? []).join(' '),
  }
}

const taken = (one: Check): string[] => (CHECKS[one.check] ?? []).map((what) => (what === 'date' ? 'field' : what))

/** What stands in the way of saving, as the name of a text. */
export function missingIn(draft: Draft): string {
  const names = draft.fields.map((field) => field.name)
  if (!ID.test(draft.code.trim()) || !draft.name.trim() || !draft.name_en.trim()) return 'register.wrong.name'
  if (names.some((name) => !ID.test(name)) || draft.fields.some((field) => !field.label.trim() || !field.label_en.trim())) return 'register.wrong.field'
  if (new Set(names).size < names.length) return 'register.wrong.twice'
  if (!draft.fields.some((field) => field.name === draft.key && field.type === 'text' && field.required)) return 'register.wrong.key'
  const empty = (value: unknown): boolean => value === undefined || value === '' || value === null
  if (draft.checks.some((one) => taken(one).some((what) => empty(one[what as keyof Check])))) return 'register.wrong.check'
  return wordsOf(draft).some((word) => word.length < 2) ? 'register.wrong.word' : ''
}

const wordsOf = (draft: Draft): string[] => draft.words.split(/[\s、，,；;]+/u).filter(Boolean)

export function definitionOf(draft: Draft): Record<string, unknown> {
  return {
    proves: draft.proves, name: draft.name.trim(), name_en: draft.name_en.trim(), key: draft.key, fields: draft.fields.map((field) => ({ ...field, label: field.label.trim(), label_en: field.label_en.trim() })),
    checks: draft.checks.map((one) => Object.fromEntries([['check', one.check], ...taken(one).map((what) => [what, one[what as keyof Check]])])), words: wordsOf(draft),
  }
}
