import { describe, expect, it } from 'vitest'
import type { Event } from '@/api/types'
import { eventWords } from '@/lib/events'

const event = (data: Record<string, unknown>): Event => ({ seq: 1, at: '2026-03-16T09:00:00+08:00', verb: 'return', data }) as unknown as Event

describe('words of an event', () => {
  it('are the reason, the note or the name', () => {
    expect(eventWords(event({ reason: '缺少培训记录' }))).toBe('缺少培训记录')
    expect(eventWords(event({ name: '签到表.pdf' }))).toBe('签到表.pdf')
    expect(eventWords(event({}))).toBe('')
  })
  it('are not the digest of a text', () => {
    expect(eventWords(event({ reason: 'sm3:a3e2b72d9cd5e4a708abe5c1e3b2225c' }))).toBe('')
  })
})
