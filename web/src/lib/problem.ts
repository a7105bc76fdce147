/* A problem in words: what is wrong, where, and what to do next. */
import { Problem } from '@/api/client'
import { known, lang, t, type Params } from '@/i18n'
import type { Permission } from '@/api/types'

/* Where the API has no finer code, its own (English) sentence is better than none. */
const CLASSES = new Set(['bad-input', 'conflict', 'internal'])

export interface Words { what: string; where: string; hint: string; code: string }

export function wordsOf(error: unknown): Words {
  if (!(error instanceof Problem)) return { what: t('error.page'), where: '', hint: error instanceof Error ? error.message : String(error), code: 'page' }
  const key = `error.${error.code}`
  const what = known(key) ? t(key, named(error.params)) : known(`why.${error.code}`) ? t(`why.${error.code}`, named(error.params)) : error.message || t('error.http', { status: error.status })
  const hintKey = `hint.${error.code}`
  const hint = known(hintKey) ? t(hintKey, named(error.params)) : (error.hint ?? (CLASSES.has(error.code) ? error.message : ''))
  return { what, where: placeText(error.at ?? ''), hint, code: error.code }
}

/** A code of the API in words, whichever table holds it. */
export function codeText(code: string, params?: Params): string {
  const table = ['why', 'error', 'import'].find((one) => known(`${one}.${code}`))
  return table ? t(`${table}.${code}`, named(params)) : t('why.other', { code })
}

/** A place in a file in words ("row 12, column X"); any other place as it is. */
export function placeText(at: string): string {
  const match = /^row (\d+)(?:, column (.+))?$/u.exec(at)
  if (!match) return at
  return match[2] ? t('place.row.column', { row: match[1], column: match[2] }) : t('place.row', { row: match[1] })
}

/** Why something may not be done now; empty when it may. */
export function whyNot(permission: Permission | undefined): string {
  if (!permission || permission.ok) return ''
  const key = `why.${permission.why}`
  return known(key) ? t(key, named(permission.params)) : known(`error.${permission.why}`) ? t(`error.${permission.why}`, named(permission.params)) : t('why.other', { code: permission.why ?? '' })
}

/** The same where nothing else on the page names what may not be done. */
export function whyNotDo(what: string, permission: Permission | undefined): string {
  const why = whyNot(permission)
  return why && t('why.for', { what, why })
}

/** Ids among the parameters (a role, a state) become words. */
function named(params: Params | undefined): Params {
  const words: Params = { ...params }
  if (typeof words.role === 'string' && known(`role.${words.role}`)) words.role = t(`role.${words.role}`)
  if (typeof words.state === 'string' && known(`task.state.${words.state}`)) words.state = t(`task.state.${words.state}`)
  if (lang.value === 'en' && words.names_en !== undefined) words.names = words.names_en
  if (typeof words.functions === 'string') words.functions = words.functions.split(',').map((one) => (known(`function.${one}`) ? t(`function.${one}`) : one)).join(lang.value === 'en' ? ', ' : '、')
  return words
}
