import { describe, expect, it } from 'vitest'
import { Pages } from '@/lib/pages'
import { covers, wholeOf, windowOf } from '@/lib/window'

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

describe('rows drawn in full', () => {
  const view = { from: 100, to: 135 }
  it('are all at once where the list moves slowly', () => {
    expect(wholeOf({ from: 98, to: 133 }, view, 8)).toEqual(view)
    expect(wholeOf({ from: 102, to: 137 }, view, 8)).toEqual(view)
  })
  it('grow no further while rows fly by, and keep what is left', () => {
    expect(wholeOf({ from: 80, to: 115 }, view, 0)).toEqual({ from: 100, to: 115 })
    const gone = wholeOf({ from: 0, to: 35 }, view, 0)
    expect(gone.to - gone.from).toBe(0)
  })
  it('come some each frame when the hand rests, those in sight first, until all are', () => {
    let whole = wholeOf({ from: 0, to: 35 }, view, 8)
    expect(whole).toEqual({ from: 108, to: 116 })
    for (let frame = 0; frame < 4; frame++) whole = wholeOf(whole, view, 8)
    expect(covers(whole, view)).toBe(true)
  })
  it('are none where nothing is, and begin at the top', () => {
    expect(wholeOf({ from: 5, to: 9 }, { from: 0, to: 0 }, 8)).toEqual({ from: 0, to: 0 })
    expect(wholeOf({ from: 50, to: 60 }, { from: 0, to: 20 }, 8)).toEqual({ from: 0, to: 8 })
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
