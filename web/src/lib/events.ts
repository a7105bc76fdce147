/* Events of the history in words. A verb that has none yet is shown as it is. */
import type { Event } from '@/api/types'
import { known, t } from '@/i18n'

export function verbText(verb: string): string {
  const key = `event.${verb}`
  return known(key) ? t(key) : verb
}

export function eventText(event: Event): string {
  return verbText(event.verb)
}

/* The log holds the digest of a long text; the words themselves stand with the verdict, the claim or the comment. */
const DIGEST = /^sm3:[0-9a-f]{32}$/u

/** What a person wrote with it: a reason or a note, or the name of a file. */
export function eventWords(event: Event): string {
  const words = event.data?.reason ?? event.data?.note ?? event.data?.name
  return typeof words === 'string' && !DIGEST.test(words) ? words : ''
}
