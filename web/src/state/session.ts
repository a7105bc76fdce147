/* Who is logged in, and what the shell may show: read once, and again after logging in. */
import { computed, ref, shallowRef } from 'vue'
import { call, get, post, Problem, setCsrf, whenSessionLost } from '@/api/client'
import type { Permission, Session } from '@/api/types'

export const session = shallowRef<Session | null>(null)
/** Why nobody could say who is logged in: the server did not answer, or failed. Until it does, no page can be drawn. */
export const trouble = shallowRef<unknown>(null)
/** The session ended under an open page: it asks for the password over the page, and nothing typed is lost. */
export const lost = ref(false)
export const today = computed(() => session.value?.today ?? new Date().toISOString().slice(0, 10))

export async function loadSession(): Promise<Session | null> {
  try {
    take(await get<Session>('/session'))
  } catch (error) {
    if (!(error instanceof Problem) || error.status !== 401) throw error
    session.value = null
  }
  return session.value
}

/** Logs in; over a lost session, another person's log-in begins anew, since the page shows what the first could see. */
export async function logIn(username: string, password: string, code?: string): Promise<void> {
  const before = session.value?.account.uid
  await call('POST', '/session', { body: code ? { username, password, code } : { username, password } })
  take(await get<Session>('/session'))
  if (lost.value && before && before !== session.value?.account.uid) location.assign('/')
  lost.value = false
}

export async function logOut(): Promise<void> {
  try {
    await call('DELETE', '/session')
  } finally {
    session.value = null
    location.assign('/login')
  }
}

export async function changePassword(old: string, next: string): Promise<void> {
  await post('/session/password', { old, new: next })
  await loadSession()
}

/** Before anything else: a password of one's own, and a second factor for who must have one. */
export function unready(): boolean {
  const now = session.value
  return now !== null && (now.account.must_change_password || (now.totp?.required === true && !now.totp.on))
}

export function sees(section: string): boolean {
  return session.value?.sections.includes(section) ?? false
}

/** What belongs to no object: making a task, importing. */
export function mayAtAll(verb: string): Permission {
  return session.value?.may?.[verb] ?? { ok: false, why: 'no-role', params: { role: 'issuer' } }
}

function take(next: Session): void {
  session.value = next
  setCsrf(next.csrf)
}

whenSessionLost(() => {
  if (session.value) lost.value = true
})
