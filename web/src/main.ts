import { createApp } from 'vue'
import App from './App.vue'
import { firstLang, setLang } from './i18n'
import { router } from './router'
import './styles/tokens.css'
import './styles/base.css'
import './styles/tables.css'
import './styles/print.css'

await setLang(firstLang(location.search))
createApp(App).use(router).mount('#app')
