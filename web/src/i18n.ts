/* Texts for people: one flat set of keys for the C program and the pages, complete in both languages. */
import { computed, ref, shallowRef } from 'vue'

export type Lang = 'zh' | 'en'
export type Params = Record<string, string | number | null | undefined>

const STORE_KEY = 'bihuan.lang'
const loaders: Record<Lang, () => Promise<{ default: Record<string, string> }>> = {
  zh: () => import('@i18n/zh.json'),
  en: () => import('@i18n/en.json'),
}

export const lang = ref<Lang>('zh')
export const locale = computed(() => (lang.value === 'zh' ? 'zh-CN' : 'en-GB'))
const texts = shallowRef<Record<string, string>>({})

/** The text of a key with its places filled; an unknown key gives `fallback`, or the key itself, so that it is seen. */
export function t(key: string, params?: Params, fallback?: string): string {
  const text = texts.value[key] ?? fallback ?? key
  return params ? fill(text, params) : text
}

export function known(key: string): boolean {
  return key in texts.value
}

export function fill(text: string, params: Params): string {
  return text.replace(/\{(\w+)\}/g, (place, name: string) => (params[name] === undefined || params[name] === null ? place : String(params[name])))
}

export async function setLang(next: Lang): Promise<void> {
  texts.value = (await loaders[next]()).default
  lang.value = next
  document.documentElement.lang = next === 'zh' ? 'zh-CN' : 'en'
  try {
    localStorage.setItem(STORE_KEY, next)
  } catch {
    /* a browser that keeps nothing still shows the page */
  }
}

/** The language of the address (`?lang=en`) goes before the one chosen last; Chinese is the first language. */
export function firstLang(search: string): Lang {
  const asked = new URLSearchParams(search).get('lang')
  if (asked === 'en' || asked === 'zh') return asked
  try {
    return localStorage.getItem(STORE_KEY) === 'en' ? 'en' : 'zh'
  } catch {
    return 'zh'
  }
}
