/* Follows a job until it ends. Asking again is enough here: it works through every proxy, and a page that was left and
 * found again needs nothing else. */
import { get, Problem } from '@/api/client'
import type { Job } from '@/api/types'

const FIRST_MS = 150
const MOST_MS = 1500

export async function follow(job: Job, onChange: (job: Job) => void, signal?: AbortSignal): Promise<Job> {
  let now = job
  let wait = FIRST_MS
  onChange(now)
  while (now.state === 'waiting' || now.state === 'running') {
    await new Promise((resolve) => setTimeout(resolve, wait))
    if (signal?.aborted) return now
    wait = Math.min(MOST_MS, wait * 1.4)
    now = await get<Job>(`/jobs/${now.uid}`, {}, signal)
    onChange(now)
  }
  return now
}

export function problemOfJob(job: Job): Problem {
  return new Problem(job.error ?? { status: 500, code: 'internal' })
}
