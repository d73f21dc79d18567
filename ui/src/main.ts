import { mount } from 'svelte';

import './app.css';
import App from './App.svelte';
import { ApiClient } from './lib/api/client';
import { findHost } from './lib/host';
import { language } from './lib/i18n/language.svelte';
import { Appearance } from './lib/state/appearance.svelte';
import { Studio } from './lib/state/studio.svelte';

language.restore();
const appearance = new Appearance();
appearance.restore();

const host = await findHost();
const studio = new Studio(host, new ApiClient(await host.connect()), appearance);
mount(App, { target: document.getElementById('app')!, props: { studio } });
void studio.open();
