import { ref } from 'vue'

/** What the page in view shows, for the window's title and the last breadcrumb; empty: the route's own word. */
export const pageTitle = ref('')
