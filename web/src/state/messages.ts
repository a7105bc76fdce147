/* How many messages are unread: asked at log-in, each minute while the page is in view, and after reading. */
import { ref } from 'vue'
import { get } from '@/api/client'
import type { Rows } from '@/api/types'
import { session } from './session'

export const unread = ref(0)
const EVERY_MS = 60_000
let timer = 0

export async function countUnread(): Promise<void> {
  if (!session.value || document.hidden) return
  try {
    unread.value = (await get<Rows<unknown>>('/messages', { unread: true, limit: 1, total: true })).total ?? 0
  } catch {
    /* the next time */
  }
}

export function watchMessages(): void {
  window.clearInterval(timer)
  timer = window.setInterval(countUnread, EVERY_MS)
  void countUnread()
}
