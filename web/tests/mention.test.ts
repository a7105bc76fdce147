import { describe, expect, it } from 'vitest'
import { mentionAt, namedIn } from '@/task/mention'

describe('a mention', () => {
  it('is the word with @ at the caret', () => {
    expect(mentionAt('请@高', 3)).toEqual({ from: 1, to: 3, q: '高' })
    expect(mentionAt('@', 1)).toEqual({ from: 0, to: 1, q: '' })
    expect(mentionAt('请@高远 看一下', 8)).toBeNull()
    expect(mentionAt('没有', 2)).toBeNull()
    expect(mentionAt('请@高，', 4)).toBeNull()
  })
  it('is no address of mail', () => {
    expect(mentionAt('a@b', 3)).toBeNull()
  })
  it('goes with its name', () => {
    const people = [{ uid: '1', name: '高远' }, { uid: '2', name: '石坚' }]
    expect(namedIn('请@高远 看', people).map((one) => one.uid)).toEqual(['1'])
  })
})
