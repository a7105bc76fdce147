import { describe, expect, it } from 'vitest'
import { useSending } from '@/lib/sending'

function later<T>(): { promise: Promise<T>; yes: (value: T) => void; no: (error: unknown) => void } {
  let yes!: (value: T) => void
  let no!: (error: unknown) => void
  const promise = new Promise<T>((a, b) => { yes = a; no = b })
  return { promise, yes, no }
}

describe('a request of a page', () => {
  it('is busy while it runs, and says how it ended', async () => {
    const { busy, problem, attempt } = useSending()
    const answer = later<void>()
    const run = attempt(() => answer.promise)
    expect(busy.value).toBe(true)
    answer.yes()
    expect(await run).toBe(true)
    expect([busy.value, problem.value]).toEqual([false, null])
    expect(await attempt(() => Promise.reject(new Error('no')))).toBe(false)
    expect(String(problem.value)).toContain('no')
    await attempt(async () => {})
    expect(problem.value).toBe(null)
  })

  it('stays busy until the last of several is done', async () => {
    const { busy, attempt } = useSending()
    const [a, b] = [later<void>(), later<void>()]
    const runs = [attempt(() => a.promise), attempt(() => b.promise)]
    a.yes()
    await runs[0]
    expect(busy.value).toBe(true)
    b.yes()
    await runs[1]
    expect(busy.value).toBe(false)
  })

  it('lets what was asked later win, and forgets how the earlier ended', async () => {
    const { busy, problem, latest } = useSending(true)
    const [old, now] = [later<string>(), later<string>()]
    const seen: string[] = []
    const take = (one: Promise<string>) => async (signal: AbortSignal) => { const word = await one; if (!signal.aborted) seen.push(word) }
    const runs = [latest(take(old.promise)), latest(take(now.promise))]
    now.yes('now')
    old.no(new Error('too late'))
    expect(await Promise.all(runs)).toEqual([false, true])
    expect([seen, problem.value, busy.value]).toEqual([['now'], null, false])
  })
})
