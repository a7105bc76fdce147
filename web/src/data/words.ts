/* What packs call things, in the language of the page; and what the program itself finds, in words. */
import { known, lang, t } from '@/i18n'
import type { Code, Field } from './types'
import { fieldsOf } from './useDatasets'

interface Named { name: string; name_en?: string | null }

export const nameOf = (one: Named | null | undefined): string => (one ? (lang.value === 'en' && one.name_en ? one.name_en : one.name) : '')

export const codeName = (code: Code): string => nameOf(code)

/** A value as people read it: a code by its name, yes and no as words, a number with its unit. */
export function valueText(field: Field | undefined, value: string | null | undefined): string {
  if (value === null || value === undefined || value === '') return ''
  const code = field?.codes?.find((one) => one.code === value)
  if (code) return codeName(code)
  if (field?.type === 'bool') return t(value === 'true' ? 'data.yes' : 'data.no')
  if (field?.type === 'time') return value.slice(0, 16).replace('T', ' ')
  return field?.unit ? `${value} ${field.unit}` : value
}

interface Said { rule: string; says: string | null; says_en: string | null; dataset?: { id: string } | string | null }

/** A rule broken: the pack's sentence, or that of the program's own finding (`type:given_on`) with the field's name in it. `where`: the fields, or the dataset they are of. */
export function saysOf(one: Said, where: readonly Field[] | string | null | undefined = typeof one.dataset === 'string' ? one.dataset : one.dataset?.id): string {
  if (one.says) return lang.value === 'en' && one.says_en ? one.says_en : one.says
  const [code = '', id] = one.rule.split(':')
  if (id === undefined) return t(keyOf(one.rule, code), { field: '' }, one.rule)
  const fields = typeof where === 'string' ? fieldsOf(where) : (where ?? [])
  return t(keyOf(one.rule, code), { field: nameOf(fields.find((candidate) => candidate.id === id)) || id }, one.rule)
}

/* The checks, the readers and what makes persons each have words of their own for the error file; the page says the same. */
const keyOf = (rule: string, code: string): string => [`finding.${rule}`, `hub.found.${rule.replace(':', '-')}`, `hub.reject.${rule}`, `ingest.finding.${rule}`].find((key) => known(key)) ?? `finding.${code}`

/** Why a row could not be stored. */
export const rejectText = (code: string): string => t(keyOf(code, code), { field: '' }, code)

/** By the national code of sexes; unknown and unsaid say nothing. */
export const sexText = (sex: string | null | undefined): string => (sex && known(`person.sex.${sex}`) ? t(`person.sex.${sex}`) : '')

/** A report as marks show it: who says "nothing new" of a register that has records says something else than who has none. */
export const reportState = (state: string, records: number | null): string => (state === 'waiting' ? 'open' : state === 'zero' && (records ?? 0) > 0 ? 'unchanged' : state)
