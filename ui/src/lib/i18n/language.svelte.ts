import { en } from './en';
import type { Messages } from './messages';
import { zh } from './zh';

export type LanguageCode = 'en' | 'zh';

const languages: Record<LanguageCode, Messages> = { en, zh };
const STORED_AS = 'songwright.language';

class Language {
  code = $state<LanguageCode>('en');

  get words(): Messages {
    return languages[this.code];
  }

  /** For dates: the reader's own kind of the language, British or American. */
  get locale(): string {
    return navigator.languages.find((tag) => tag.startsWith(this.code)) ?? this.code;
  }

  /** The language chosen last time, else the browser's. */
  restore(): void {
    const stored = localStorage.getItem(STORED_AS);
    this.#show(stored === 'en' || stored === 'zh' ? stored : navigator.language.startsWith('zh') ? 'zh' : 'en');
  }

  choose(code: LanguageCode): void {
    localStorage.setItem(STORED_AS, code);
    this.#show(code);
  }

  #show(code: LanguageCode): void {
    this.code = code;
    document.documentElement.lang = code;
  }
}

export const language = new Language();

/** The words in the language shown now. Reactive where it is called in a template or an effect. */
export const words = (): Messages => language.words;
