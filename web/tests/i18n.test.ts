import { readdirSync, readFileSync, statSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import zh from '@i18n/zh.json'
import en from '@i18n/en.json'
import { fill } from '@/i18n'

const WEB = fileURLToPath(new URL('../src', import.meta.url))
const SOURCES = filesUnder(WEB, /\.(vue|ts)$/).map((file) => readFileSync(file, 'utf8'))
const C_SOURCES = filesUnder(fileURLToPath(new URL('../../src', import.meta.url)), /\.[ch]$/).map((file) => readFileSync(file, 'utf8'))

function filesUnder(folder: string, name: RegExp): string[] {
  return readdirSync(folder).flatMap((entry) => {
    const path = join(folder, entry)
    return statSync(path).isDirectory() ? filesUnder(path, name) : name.test(entry) ? [path] : []
  })
}

/* Keys that the pages name whole, and the shapes of those they make: `task.state.${…}`. */
const named = new Set(SOURCES.flatMap((text) => [...text.matchAll(/['"`]([a-z][a-z0-9_-]*(?:\.[a-z0-9_<>=~-]+)+)['"`]/gi)].map((match) => match[1] as string)))
const shapes = [...new Set(SOURCES.flatMap((text) => [...text.matchAll(/`([a-z][\w-]*(?:\.[\w-]+)*\.\$\{[^`]*)`/g)].map((match) => match[1] as string)))].map(
  (shape) => new RegExp(`^${shape.replace(/\$\{[^}]*\}/g, '\u0000').replace(/[.*+?^$()|[\]\\]/g, '\\$&').replaceAll('\u0000', '.+')}$`),
)
const places = (text: string): string[] => [...text.matchAll(/\{(\w+)\}/g)].map((match) => match[1] as string).sort()

describe('texts', () => {
  const inChinese = zh as Record<string, string>
  const inEnglish = en as Record<string, string>

  it('exist in both languages', () => {
    expect(Object.keys(inChinese).filter((key) => !(key in inEnglish))).toEqual([])
    expect(Object.keys(inEnglish).filter((key) => !(key in inChinese))).toEqual([])
    expect(Object.entries(inChinese).concat(Object.entries(inEnglish)).filter(([, text]) => text === '')).toEqual([])
  })

  it('stand once in each file', () => {
    for (const name of ['zh', 'en']) {
      const keys = [...readFileSync(fileURLToPath(new URL(`../../i18n/${name}.json`, import.meta.url)), 'utf8').matchAll(/^\s*"([^"]+)":/gm)].map((match) => match[1])
      expect(keys.filter((key, at) => keys.indexOf(key) !== at)).toEqual([])
    }
  })

  it('have the same places in both', () => {
    expect(Object.keys(inChinese).filter((key) => places(inChinese[key] as string).join() !== places(inEnglish[key] as string).join())).toEqual([])
  })

  it('are there for every key that a page names', () => {
    const literal = SOURCES.flatMap((text) => [...text.matchAll(/\bt\(\s*'([^']+)'/g)].map((match) => match[1] as string))
    expect([...new Set(literal)].filter((key) => !(key in inChinese))).toEqual([])
  })

  it('are used, by a page or by the program', () => {
    /* in C by its own name, by what stands before the last part, or by a pattern: "pack.key.%s.%s" */
    const beginnings = (key: string): string[] => [...key.matchAll(/\./g)].map((dot) => key.slice(0, dot.index + 1))
    const inC = (key: string): boolean => C_SOURCES.some((text) => text.includes(`"${key}"`) || text.includes(`"${beginnings(key).at(-1)}`) || beginnings(key).some((part) => text.includes(`"${part}%s`)))
    const isUsed = (key: string): boolean => named.has(key) || shapes.some((shape) => shape.test(key)) || inC(key)
    expect(Object.keys(inChinese).filter((key) => !isUsed(key))).toEqual([])
  })

  it('in Chinese stand in the texts and nowhere in the pages', () => {
    const found = filesUnder(WEB, /\.(vue|ts)$/).filter((file) => /(['"`>])[^'"`<\n]*\p{Script=Han}[^'"`<\n]*\1?/u.test(readFileSync(file, 'utf8').replace(/\/\*[\s\S]*?\*\/|\/\/.*|<!--[\s\S]*?-->/g, '')))
    expect(found.map((file) => file.slice(WEB.length))).toEqual([])
  })

  it('take their places by name', () => {
    expect(fill('第 {from}–{to} 条', { from: 1, to: 50 })).toBe('第 1–50 条')
    expect(fill('{a} {b}', { a: 0 })).toBe('0 {b}')
  })
})
