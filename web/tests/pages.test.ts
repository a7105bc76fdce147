import { describe, expect, it } from 'vitest'
import { Pages, windowOf } from '@/lib/pages'

/** A list of `length` numbers, served by cursor, that notes what was asked. */
function served(length: number, size: number) {
  const asked: string[] = []
  const fetch = async (cursor: string) => {
    asked.push(cursor)
    const from = Number(cursor || 0)
    const rows = Array.from({ length: Math.min(size, length - from) }, (_, i) => from + i)
    return { rows, next: from + size < length ? String(from + size) : null, ...(cursor === '' ? { total: length } : {}) }
  }
  return { fetch, asked }
}

describe('a long list by pages', () => {
  it('fetches what is needed and no more', async () => {
    const { fetch, asked } = served(1000, 100)
    const pages = new Pages(fetch, 100)
    await pages.need(0, 50)
    expect(asked).toEqual([''])
    expect([pages.count, pages.total, pages.complete]).toEqual([100, 1000, false])
    await pages.need(20, 100)
    expect(asked).toEqual([''])
    await pages.need(90, 110)
    expect(asked).toEqual(['', '100'])
    expect([pages.rowAt(0), pages.rowAt(109), pages.rowAt(200)]).toEqual([0, 109, undefined])
  })

  it('reaches a far place through the cursors before it, and knows its end', async () => {
    const { fetch } = served(250, 100)
    const pages = new Pages(fetch, 100)
    await pages.need(240, 250)
    expect([pages.rowAt(249), pages.count, pages.complete]).toEqual([249, 250, true])
    await pages.need(900, 950)
    expect(pages.count).toBe(250)
  })

  it('holds a hundred thousand rows with only some in memory, and fetches again what it let go', async () => {
    const { fetch, asked } = served(100_000, 100)
    const pages = new Pages(fetch, 100, 12)
    for (let at = 0; at < 100_000; at += 100) await pages.need(at, at + 100)
    expect(pages.count).toBe(100_000)
    expect([...pages.each()].length).toBe(1200)
    expect(pages.rowAt(5)).toBeUndefined()
    const before = asked.length
    await pages.need(0, 30)
    expect([pages.rowAt(5), asked.length - before, pages.count]).toEqual([5, 1, 100_000])
  })

  it('asks once for what two ask for at the same time', async () => {
    const { fetch, asked } = served(300, 100)
    const pages = new Pages(fetch, 100)
    await Promise.all([pages.need(0, 100), pages.need(0, 100)])
    expect(asked).toEqual([''])
  })

  it('is nothing where nothing is', async () => {
    const pages = new Pages(served(0, 100).fetch, 100)
    await pages.need(0, 100)
    expect([pages.count, pages.total, pages.complete]).toEqual([0, 0, true])
  })
})

describe('the window of rows', () => {
  it('is what is seen and some more', () => {
    expect(windowOf(0, 400, 40, 1000)).toEqual({ from: 0, to: 18 })
    expect(windowOf(4000, 400, 40, 1000)).toEqual({ from: 92, to: 118 })
  })
  it('ends with the list', () => {
    expect(windowOf(39_900, 400, 40, 1000)).toEqual({ from: 989, to: 1000 })
    expect(windowOf(0, 400, 40, 3)).toEqual({ from: 0, to: 3 })
    expect(windowOf(9999, 400, 40, 0)).toEqual({ from: 0, to: 0 })
  })
})
